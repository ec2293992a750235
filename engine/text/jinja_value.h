// A template's values, with Python's types: undefined, None, bool, int (127
// bits), float, str, list, tuple, dict views, dict, and objects (macros,
// namespaces, loops, ...). Copies share their contents, which never change
// (Hugging Face's sandbox forbids it), except inside objects.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_VALUE_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_VALUE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace mj::jinja {

using Int = __int128;
class Object;
struct Dict;
struct List;
struct String;

class Value {
 public:
  struct Undefined {
    std::shared_ptr<const std::string> message;  // what its use raises
  };
  struct None {};

  Value() = default;                  // undefined, without a message
  Value(None) : rep_(None{}) {}       // NOLINT
  Value(bool b) : rep_(b) {}          // NOLINT
  Value(Int i) : rep_(i) {}           // NOLINT
  Value(int64_t i) : rep_(Int{i}) {}  // NOLINT
  Value(int i) : rep_(Int{i}) {}      // NOLINT
  Value(double d) : rep_(d) {}        // NOLINT
  Value(std::shared_ptr<const String> s) : rep_(std::move(s)) {}  // NOLINT
  Value(std::shared_ptr<const List> l) : rep_(std::move(l)) {}    // NOLINT
  Value(std::shared_ptr<const Dict> d) : rep_(std::move(d)) {}    // NOLINT
  Value(std::shared_ptr<Object> o) : rep_(std::move(o)) {}        // NOLINT
  Value(const char*) = delete;
  static Value MakeUndefined(std::string message);

  bool is_undefined() const { return Is<Undefined>(); }
  bool is_none() const { return Is<None>(); }
  bool is_bool() const { return Is<bool>(); }
  bool is_int() const { return Is<Int>(); }  // a bool is not one here
  bool is_float() const { return Is<double>(); }
  bool is_integral() const { return is_bool() || is_int(); }
  bool is_number() const { return is_integral() || is_float(); }
  bool is_string() const { return Is<std::shared_ptr<const String>>(); }
  bool is_list() const { return Is<std::shared_ptr<const List>>(); }
  bool is_dict() const { return Is<std::shared_ptr<const Dict>>(); }
  bool is_object() const { return Is<std::shared_ptr<Object>>(); }

  bool as_bool() const { return std::get<bool>(rep_); }
  Int as_int() const;       // REQUIRES: is_integral()
  double as_float() const;  // REQUIRES: is_number()
  const String& string() const {
    return *std::get<std::shared_ptr<const String>>(rep_);
  }
  const std::string& text() const;  // REQUIRES: is_string()
  const List& list() const {
    return *std::get<std::shared_ptr<const List>>(rep_);
  }
  const Dict& dict() const {
    return *std::get<std::shared_ptr<const Dict>>(rep_);
  }
  const std::shared_ptr<Object>& object() const {
    return std::get<std::shared_ptr<Object>>(rep_);
  }
  // The object as a T, or null.
  template <typename T>
  T* As() const {
    return is_object() ? dynamic_cast<T*>(object().get()) : nullptr;
  }
  // What using this undefined value raises. REQUIRES: is_undefined()
  std::string undefined_message() const;

  bool Truthy() const;
  int depth() const;                      // 0: no container
  std::string TypeName() const;           // Python's: "str", "NoneType", ...
  bool SameAs(const Value& other) const;  // Python's `is`

 private:
  template <typename T>
  bool Is() const {
    return std::holds_alternative<T>(rep_);
  }
  std::variant<Undefined, None, bool, Int, double,
               std::shared_ptr<const String>, std::shared_ptr<const List>,
               std::shared_ptr<const Dict>, std::shared_ptr<Object>>
      rep_;
};

struct String {
  explicit String(std::string text, bool is_markup = false);
  std::string bytes;
  int64_t length;  // code points
  bool markup;     // the result of `safe` or `escape`
  bool ascii() const { return length == static_cast<int64_t>(bytes.size()); }
};

enum class ListType : uint8_t { kList, kTuple, kKeys, kValues, kItems };

struct List {
  List(std::vector<Value> values, ListType list_type);
  std::vector<Value> items;
  ListType type;
  int depth;
  // Keys, values and items of a dict have a length but no subscript.
  bool is_view() const { return type > ListType::kTuple; }
};

struct Dict {
  std::vector<std::pair<Value, Value>> entries;  // in order of insertion
  int depth = 1;

  const Value* Find(const Value& key) const;  // null: absent or unhashable
  const Value* Find(std::string_view key) const;
  bool Set(const Value& key, Value value);  // false: unhashable
  void Set(std::string_view key, Value value);

 private:
  absl::flat_hash_map<std::string, size_t> index_;
};

// Equal exactly for values that Python's dict takes for one key. False: not
// hashable.
bool AppendHashKey(const Value& value, std::string& out);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_VALUE_H_
