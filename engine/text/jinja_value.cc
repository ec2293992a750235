#include "engine/text/jinja_value.h"

#include <algorithm>
#include <cmath>

#include "engine/text/jinja_object.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

constexpr size_t kMaxKeyBytes = 1 << 20;

void AppendSized(char tag, std::string_view bytes, std::string& out) {
  out += tag;
  out += Cat(bytes.size(), ":", bytes);
}

void AppendNumberKey(const Value& value, std::string& out) {
  if (value.is_float()) {
    const double d = value.as_float();
    if (std::floor(d) != d || std::abs(d) > 1e37) {
      AppendSized('f', std::string_view(reinterpret_cast<const char*>(&d), 8),
                  out);
      return;
    }
  }
  const Int i =
      value.is_float() ? static_cast<Int>(value.as_float()) : value.as_int();
  AppendSized('i', std::string_view(reinterpret_cast<const char*>(&i), 16),
              out);
}

bool AppendTupleKey(const List& list, std::string& out) {
  if (list.type != ListType::kTuple) return false;
  out += Cat("t", list.items.size(), ":");
  for (const Value& item : list.items) {
    if (out.size() > kMaxKeyBytes || !AppendHashKey(item, out)) return false;
  }
  return true;
}

int MaxDepth(const std::vector<Value>& items) {
  int depth = 0;
  for (const Value& item : items) depth = std::max(depth, item.depth());
  return depth;
}

}  // namespace

Value Value::MakeUndefined(std::string message) {
  Value value;
  value.rep_ =
      Undefined{std::make_shared<const std::string>(std::move(message))};
  return value;
}

Int Value::as_int() const {
  return is_bool() ? Int{as_bool()} : std::get<Int>(rep_);
}

double Value::as_float() const {
  return is_float() ? std::get<double>(rep_) : static_cast<double>(as_int());
}

const std::string& Value::text() const { return string().bytes; }

std::string Value::undefined_message() const {
  const auto& message = std::get<Undefined>(rep_).message;
  return message ? *message : "value is undefined";
}

bool Value::Truthy() const {
  if (is_bool()) return as_bool();
  if (is_int()) return as_int() != 0;
  if (is_float()) return as_float() != 0;
  if (is_string()) return !text().empty();
  if (is_list()) return !list().items.empty();
  if (is_dict()) return !dict().entries.empty();
  return is_object() && object()->Truthy();
}

int Value::depth() const {
  if (is_list()) return list().depth;
  if (is_dict()) return dict().depth;
  return is_object() ? object()->depth() : 0;
}

std::string Value::TypeName() const {
  if (is_undefined()) return "Undefined";
  if (is_none()) return "NoneType";
  if (is_bool()) return "bool";
  if (is_int()) return "int";
  if (is_float()) return "float";
  if (is_string()) return string().markup ? "Markup" : "str";
  if (is_dict()) return "dict";
  if (is_object()) return object()->TypeName();
  switch (list().type) {
    case ListType::kList:
      return "list";
    case ListType::kTuple:
      return "tuple";
    case ListType::kKeys:
      return "dict_keys";
    case ListType::kValues:
      return "dict_values";
    case ListType::kItems:
      return "dict_items";
  }
  return "";
}

bool Value::SameAs(const Value& other) const {
  if (rep_.index() != other.rep_.index()) return false;
  if (is_none() || is_undefined()) return true;
  if (is_bool()) return as_bool() == other.as_bool();
  if (is_int()) return as_int() == other.as_int();
  if (is_string()) return text() == other.text();  // as interned strings are
  if (is_list()) return &list() == &other.list();
  if (is_dict()) return &dict() == &other.dict();
  return is_object() && object() == other.object();
}

String::String(std::string text, bool is_markup)
    : bytes(std::move(text)),
      length(CountCodePoints(bytes)),
      markup(is_markup) {}

List::List(std::vector<Value> values, ListType list_type)
    : items(std::move(values)), type(list_type), depth(1 + MaxDepth(items)) {}

const Value* Dict::Find(const Value& key) const {
  std::string hash_key;
  if (!AppendHashKey(key, hash_key)) return nullptr;
  const auto it = index_.find(hash_key);
  return it == index_.end() ? nullptr : &entries[it->second].second;
}

const Value* Dict::Find(std::string_view key) const {
  std::string hash_key;
  AppendSized('s', key, hash_key);
  const auto it = index_.find(hash_key);
  return it == index_.end() ? nullptr : &entries[it->second].second;
}

bool Dict::Set(const Value& key, Value value) {
  std::string hash_key;
  if (!AppendHashKey(key, hash_key)) return false;
  depth = std::max({depth, 1 + key.depth(), 1 + value.depth()});
  const auto [it, is_new] = index_.try_emplace(hash_key, entries.size());
  if (is_new) {
    entries.emplace_back(key, std::move(value));
  } else {
    entries[it->second].second = std::move(value);
  }
  return true;
}

void Dict::Set(std::string_view key, Value value) {
  Set(Value(std::make_shared<const String>(std::string(key))),
      std::move(value));
}

bool AppendHashKey(const Value& value, std::string& out) {
  if (value.is_string()) {
    AppendSized('s', value.text(), out);
  } else if (value.is_number()) {
    AppendNumberKey(value, out);
  } else if (value.is_none() || value.is_undefined()) {
    out += value.is_none() ? "n" : "u";
  } else if (value.is_object()) {
    const void* address = value.object().get();
    AppendSized(
        'o', std::string_view(reinterpret_cast<const char*>(&address), 8), out);
  } else {
    return value.is_list() && AppendTupleKey(value.list(), out);
  }
  return true;
}

}  // namespace mj::jinja
