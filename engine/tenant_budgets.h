// The joule buckets of the tenants that have a limit. Who is not listed has
// none.
//
// Thread-safe: network threads ask and change limits, the engine thread takes
// out what was spent.
#ifndef MILLIJOULE_ENGINE_TENANT_BUDGETS_H_
#define MILLIJOULE_ENGINE_TENANT_BUDGETS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/energy/joule_bucket.h"

namespace mj {

struct TenantLimit {
  std::string tenant;
  JouleRate rate;
};

// INVALID_ARGUMENT names the tenant and what is wrong with its rate.
absl::Status Validate(const TenantLimit& limit);

// A limited tenant, for those who watch.
struct TenantBudget {
  std::string tenant;
  JouleRate rate;
  Joules level;
  uint64_t refused = 0;  // requests
};

class TenantBudgets final {
 public:
  // Buckets start full. REQUIRES: each rate is valid
  TenantBudgets(const std::vector<TenantLimit>& limits, Seconds now);

  // A QuotaError with the time to wait where the tenant's level is not above
  // zero.
  absl::Status Admit(const std::string& tenant, Seconds now);
  void Debit(const std::string& tenant, Joules spent, Seconds now);

  // A new tenant's bucket starts full; a changed one keeps its level, up to
  // the new burst. REQUIRES: `limit.rate` is valid
  void Set(const TenantLimit& limit, Seconds now);
  void Remove(const std::string& tenant);  // unlimited from now on

  std::vector<TenantBudget> All(Seconds now) const;  // by name

 private:
  struct Entry {
    JouleRate rate;
    JouleBucket bucket;
    uint64_t refused = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TENANT_BUDGETS_H_
