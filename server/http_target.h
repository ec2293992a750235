// The path of an HTTP request target (RFC 9112, section 3.2).
#ifndef MILLIJOULE_SERVER_HTTP_TARGET_H_
#define MILLIJOULE_SERVER_HTTP_TARGET_H_

#include <optional>
#include <string>
#include <string_view>

namespace mj {

// "/a%20b?c" and "http://host/a%20b" to "/a b": without scheme, host and
// query, percent signs decoded. Nothing for a malformed percent sign.
std::optional<std::string> PathOfTarget(std::string_view target);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_HTTP_TARGET_H_
