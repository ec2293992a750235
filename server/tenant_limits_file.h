// The joule limits of tenants, from a TOML file:
//
//   [tenants.ann]
//   joules_per_second = 2.5   # how fast the allowance comes back; from 0 up
//   burst_joules = 600        # the most that gathers; above 0
//
// A tenant without an entry has no limit.
#ifndef MILLIJOULE_SERVER_TENANT_LIMITS_FILE_H_
#define MILLIJOULE_SERVER_TENANT_LIMITS_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/tenant_budgets.h"
#include "server/api_keys.h"

namespace mj {

// INVALID_ARGUMENT names the file and the line or the tenant: not TOML, a key
// that is missing, unknown or not a number in its range.
absl::StatusOr<std::vector<TenantLimit>> ParseTenantLimits(
    std::string_view file, std::string_view text);
// The same of a file's content; NOT_FOUND where it cannot be read.
absl::StatusOr<std::vector<TenantLimit>> LoadTenantLimits(
    const std::string& path);

// INVALID_ARGUMENT names the first tenant that no key leads to: its limit
// would limit nobody.
absl::Status CheckTenantsHaveKeys(const std::vector<TenantLimit>& limits,
                                  const ApiKeys& keys);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_TENANT_LIMITS_FILE_H_
