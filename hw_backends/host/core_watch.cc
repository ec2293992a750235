#include "hw_backends/host/core_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {

CoreWatch::CoreWatch(std::function<CoreAllowance()> read)
    : read_(std::move(read)), latest_(read_()) {}

std::optional<CoreChange> CoreWatch::Look(int started) {
  const CoreAllowance now = read_();
  if (now.cores == latest_.cores) return std::nullopt;
  const CoreAllowance before = std::exchange(latest_, now);
  const int threads = std::min(started, now.cores);
  return CoreChange{
      threads,
      absl::StrCat("this process may now use ", DescribeCores(now), ", before ",
                   DescribeCores(before), ": steps use ", threads, " of ",
                   started, " compute threads from the next on",
                   now.cores > started ? "; more need a restart" : "")};
}

}  // namespace mj
