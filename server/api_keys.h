// Who may call, and as which tenant: a file of `name:sha256-of-key` lines.
//
// Immutable after Parse: any thread may call.
#ifndef MILLIJOULE_SERVER_API_KEYS_H_
#define MILLIJOULE_SERVER_API_KEYS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mj {

inline constexpr std::string_view kDefaultTenant = "default";
// The key of this name may read /metrics.
inline constexpr std::string_view kOperatorTenant = "operator";

class ApiKeys final {
 public:
  // No keys: everybody is the tenant `default`.
  ApiKeys() = default;

  // One `name:sha256hex` a line; blank lines and `#` comments are skipped.
  // INVALID_ARGUMENT names the line and what is wrong with it; a file without
  // any key is refused too, for it would lock everybody out.
  static absl::StatusOr<ApiKeys> Parse(std::string_view text);
  // Parse of a file's content; NOT_FOUND where it cannot be read.
  static absl::StatusOr<ApiKeys> Load(const std::string& path);

  bool required() const { return !entries_.empty(); }
  // Whether calls can come from this tenant.
  bool HasTenant(std::string_view tenant) const;

  // The tenant of an `Authorization` header's value ("Bearer KEY"; "" if there
  // is none), or nothing where it names no known key. Takes the same time
  // whichever key matches.
  std::optional<std::string> TenantOf(std::string_view authorization) const;
  // The same of "Basic base64(TENANT:KEY)", as browsers send it. They do so for
  // other sites' pages, too: only for what changes nothing.
  std::optional<std::string> TenantOfBasic(
      std::string_view authorization) const;

 private:
  using Digest = std::array<uint8_t, 32>;  // SHA-256
  struct Entry {
    std::string tenant;
    Digest digest;
  };

  static absl::StatusOr<Entry> ParseLine(absl::string_view line);
  std::optional<std::string> TenantOfKey(absl::string_view key) const;

  std::vector<Entry> entries_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_API_KEYS_H_
