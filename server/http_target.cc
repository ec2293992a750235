#include "server/http_target.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

namespace mj {
namespace {

// "http://host:port/path" is what proxies are sent.
std::string_view WithoutHost(std::string_view target) {
  const size_t scheme_end = target.find("://");
  if (target.starts_with('/') || scheme_end == std::string_view::npos) {
    return target;
  }
  const size_t path = target.find_first_of("/?", scheme_end + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

std::optional<std::string> DecodePercent(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const std::string_view hex = text.substr(i + 1, 2);
    if (hex.size() != 2 || !absl::ascii_isxdigit(hex[0]) ||
        !absl::ascii_isxdigit(hex[1])) {
      return std::nullopt;
    }
    decoded += absl::HexStringToBytes({hex.data(), hex.size()});
    i += 2;
  }
  return decoded;
}

}  // namespace

std::optional<std::string> PathOfTarget(std::string_view target) {
  const std::string_view path = WithoutHost(target);
  return DecodePercent(path.substr(0, path.find('?')));
}

}  // namespace mj
