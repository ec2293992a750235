#include "engine/text/jinja_object.h"

#include <algorithm>

#include "engine/text/jinja_runtime.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

std::vector<std::string_view> SplitNames(std::string_view signature) {
  std::vector<std::string_view> names;
  while (!signature.empty()) {
    const size_t end = std::min(signature.find(' '), signature.size());
    names.push_back(signature.substr(0, end));
    signature.remove_prefix(std::min(end + 1, signature.size()));
  }
  return names;
}

}  // namespace

Value Object::Call(Runtime& runtime, const Args&) {
  return runtime.Fail(Cat("'", TypeName(), "' object is not callable"));
}

std::optional<Value> Object::GetAttribute(Runtime&, std::string_view) {
  return std::nullopt;
}

void Object::AppendItems(Runtime& runtime, std::vector<Value>&) {
  runtime.Fail(Cat("'", TypeName(), "' object is not iterable"));
}

std::optional<Value> Object::GetItem(Int) const { return std::nullopt; }

Bound::Bound(Runtime& runtime, std::string_view function,
             std::string_view signature, const Args& args) {
  const std::vector<std::string_view> names = SplitNames(signature);
  slots_.resize(names.size(), nullptr);
  if (args.positional.size() > names.size()) {
    runtime.Fail(Cat(function, "() takes at most ", names.size(),
                     " arguments (", args.positional.size(), " given)"));
    return;
  }
  for (size_t i = 0; i < args.positional.size(); ++i) {
    slots_[i] = &args.positional[i];
  }
  for (const auto& [name, value] : args.named) {
    const auto it = std::find_if(
        names.begin(), names.end(), [&name = name](std::string_view n) {
          return n == name ||
                 (n.ends_with('=') && n.substr(0, n.size() - 1) == name);
        });
    if (it == names.end() || slots_[it - names.begin()]) {
      runtime.Fail(Cat(function, "() got ",
                       it == names.end() ? "an unexpected keyword argument '"
                                         : "multiple values for argument '",
                       name, "'"));
      return;
    }
    slots_[it - names.begin()] = &value;
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (!slots_[i] && !names[i].ends_with('=')) {
      runtime.Fail(Cat(function, "() missing 1 required positional argument: '",
                       names[i], "'"));
      return;
    }
  }
}

const Value& Bound::operator[](size_t i) const {
  return has(i) ? *slots_[i] : absent_;
}

bool Bound::Flag(size_t i, bool otherwise) const {
  return has(i) ? slots_[i]->Truthy() : otherwise;
}

}  // namespace mj::jinja
