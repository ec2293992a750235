#include "server/grpc/valid_utf8.h"

#include <utf8proc.h>

namespace mj {

std::string ValidUtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    utf8proc_int32_t unused = 0;
    const utf8proc_ssize_t length = utf8proc_iterate(
        reinterpret_cast<const utf8proc_uint8_t*>(bytes.data()),
        static_cast<utf8proc_ssize_t>(bytes.size()), &unused);
    if (length > 0) {
      text.append(bytes.substr(0, length));
    } else {
      text.append("\xEF\xBF\xBD");
    }
    bytes.remove_prefix(length > 0 ? length : 1);
  }
  return text;
}

}  // namespace mj
