#include "server/reply_id.h"

#include <openssl/rand.h>

#include <array>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace mj {

std::string MakeReplyId(const std::string& prefix) {
  std::array<uint8_t, 12> bytes{};
  RAND_bytes(bytes.data(), bytes.size());
  const absl::string_view view(reinterpret_cast<const char*>(bytes.data()),
                               bytes.size());
  return absl::StrCat(prefix, absl::BytesToHexString(view));
}

}  // namespace mj
