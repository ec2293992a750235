// HTML escaping, as markupsafe does it.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_ESCAPE_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_ESCAPE_H_

#include <string>
#include <string_view>

namespace mj::jinja {

std::string Escape(std::string_view text);
std::string StripTags(std::string_view text);  // also joins white space
std::string UrlQuote(std::string_view text, bool query);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_ESCAPE_H_
