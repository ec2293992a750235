// Notices that a running process may use fewer or more cores than before: the
// quota or the cpuset of its control group, or its affinity, was changed.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_CORE_WATCH_H_
#define MILLIJOULE_HW_BACKENDS_HOST_CORE_WATCH_H_

#include <functional>
#include <optional>
#include <string>

#include "hw_backends/host/cores.h"

namespace mj {

struct CoreChange {
  int threads = 1;      // to use from now on
  std::string message;  // what changed, and what follows from it
};

// One thread at a time.
class CoreWatch final {
 public:
  // `read` as AllowedCores. Made before threads are started by what it says.
  explicit CoreWatch(std::function<CoreAllowance()> read);

  // None while the number of cores is as it was. `started` threads are the most
  // to use. Reads a few small files, which takes some 0.1 ms: for about once a
  // second.
  std::optional<CoreChange> Look(int started);

 private:
  const std::function<CoreAllowance()> read_;
  CoreAllowance latest_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_CORE_WATCH_H_
