// Whether weights lie in 2 MB pages, as the backend asks for. In pages of 4 KB
// the processor spends part of its time on looking up where they lie: decode,
// which reads all weights for each token, was measured 10 to 40 % slower.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_HUGE_PAGES_H_
#define MILLIJOULE_HW_BACKENDS_HOST_HUGE_PAGES_H_

#include <cstdint>
#include <optional>
#include <string>

namespace mj {

struct HugePages {
  bool offered = false;  // to memory that asks for them
  std::string detail;    // "madvise", or why not and what to do
};

// From sys/kernel/mm/transparent_hugepage/enabled and proc/self/status (which
// says whether this process had them turned off). `root` holds proc/ and sys/.
HugePages ReadHugePages(const std::string& root = "/");

// Once weights are loaded: why they do not lie in 2 MB pages, and what to do;
// none where some of this process' memory does, or where nothing tells.
std::optional<std::string> WhyNoHugePages(const std::string& root = "/");

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_HUGE_PAGES_H_
