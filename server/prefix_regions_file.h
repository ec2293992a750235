// Which tenants may share what their prompts begin with, from a TOML file:
//
//   [regions]
//   handbook = ["ann", "bob"]
//
// Timing tells tenants of one region which beginnings others have used. A
// tenant of no region shares with itself alone, and none is in two.
#ifndef MILLIJOULE_SERVER_PREFIX_REGIONS_FILE_H_
#define MILLIJOULE_SERVER_PREFIX_REGIONS_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/prefix_stats.h"
#include "server/api_keys.h"

namespace mj {

// INVALID_ARGUMENT names the file and what is wrong: not TOML, no table
// [regions], a region that is no list of names, a tenant that is in two.
absl::StatusOr<PrefixRegions> ParsePrefixRegions(std::string_view file,
                                                 std::string_view text);
// The same of a file's content; NOT_FOUND where it cannot be read.
absl::StatusOr<PrefixRegions> LoadPrefixRegions(const std::string& path);

// INVALID_ARGUMENT names the first tenant that no key leads to.
absl::Status CheckTenantsHaveKeys(const PrefixRegions& regions,
                                  const ApiKeys& keys);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_PREFIX_REGIONS_FILE_H_
