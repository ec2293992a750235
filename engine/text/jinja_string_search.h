// The methods of str that look for a part: find, split, replace, ...
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_STRING_SEARCH_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_STRING_SEARCH_H_

#include <string>
#include <string_view>

#include "engine/text/jinja_methods.h"

namespace mj::jinja {

MethodFn FindSearchMethod(std::string_view name);  // null: unknown

// str.replace; all where `count` < 0.
std::string Replaced(std::string_view text, std::string_view from,
                     std::string_view to, Int count, size_t max_bytes);

// str.splitlines
std::vector<std::string_view> SplitLines(std::string_view text, bool keep_ends);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_STRING_SEARCH_H_
