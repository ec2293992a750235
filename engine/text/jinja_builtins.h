// The filters, tests and global functions that every template knows.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_BUILTINS_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_BUILTINS_H_

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/text/jinja_object.h"
#include "engine/text/jinja_runtime.h"
#include "engine/text/jinja_value.h"

namespace mj::jinja {

using FilterFn = Value (*)(Runtime& runtime, const Value& value,
                           const Args& args);
using TestFn = bool (*)(Runtime& runtime, const Value& value, const Args& args);

struct NamedFilter {
  std::string_view name;
  FilterFn function;
};

// One table a concept; FindFilter looks through all.
std::span<const NamedFilter> TextFilters();
std::span<const NamedFilter> NumberFilters();
std::span<const NamedFilter> SequenceFilters();
std::span<const NamedFilter> SelectionFilters();  // map, select, sort, ...

FilterFn FindFilter(std::string_view name);  // null: unknown
TestFn FindTest(std::string_view name);      // null: unknown
// By name, as `map('upper')` needs them: unknown ones fail.
Value ApplyFilter(Runtime& runtime, std::string_view name, const Value& value,
                  const Args& args);
bool ApplyTest(Runtime& runtime, std::string_view name, const Value& value,
               const Args& args);

// The attribute that filters take: "a.b.0", an index, or any key. Where
// `otherwise` is given it stands for what is undefined on the way.
Value GetPath(Runtime& runtime, const Value& value, const Value& path,
              const Value* otherwise = nullptr);

// range, dict, namespace, cycler, joiner, raise_exception, strftime_now.
std::vector<std::pair<std::string, Value>> Globals();

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_BUILTINS_H_
