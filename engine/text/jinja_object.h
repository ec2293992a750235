// The base of the values that are neither data nor numbers: functions, bound
// methods, macros, namespaces, loops, ranges, generators.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_OBJECT_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_OBJECT_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/text/jinja_value.h"

namespace mj::jinja {

class Runtime;

struct Args {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

class Object {
 public:
  virtual ~Object() = default;
  virtual std::string TypeName() const = 0;  // Python's, for messages
  virtual std::string Repr(Runtime& runtime) const = 0;
  virtual bool Truthy() const { return true; }
  virtual int depth() const { return 0; }
  virtual bool callable() const { return false; }
  virtual Value Call(Runtime& runtime, const Args& args);
  // nullopt: no such attribute.
  virtual std::optional<Value> GetAttribute(Runtime& runtime,
                                            std::string_view name);
  virtual std::optional<int64_t> Length() const { return std::nullopt; }
  virtual bool iterable() const { return false; }
  virtual void AppendItems(Runtime& runtime, std::vector<Value>& out);
  // The item of a subscript; nullopt: none such.
  virtual std::optional<Value> GetItem(Int index) const;
  virtual bool subscriptable() const { return false; }
  virtual void Release() {}  // drops what may point back here
};

// Arguments laid out as a signature says: names separated by spaces, those
// that may be left out end in `=`. Too few, too many or unknown: failed.
class Bound final {
 public:
  Bound(Runtime& runtime, std::string_view function, std::string_view signature,
        const Args& args);
  bool has(size_t i) const { return i < slots_.size() && slots_[i]; }
  const Value& operator[](size_t i) const;  // undefined where absent
  bool Flag(size_t i, bool otherwise) const;

 private:
  std::vector<const Value*> slots_;
  Value absent_;
};

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_OBJECT_H_
