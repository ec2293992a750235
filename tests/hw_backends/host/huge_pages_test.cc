#include "hw_backends/host/huge_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

struct HugePagesCase {
  const char* name;
  const char* policy;  // "": there is no such file
  const char* status;
  const char* rollup;  // "": there is no such file
  const char* why;     // "": weights lie in huge pages
};

constexpr HugePagesCase kCases[] = {
    {"on request", "always [madvise] never\n", "THP_enabled:\t1\n",
     "Rss: 200 kB\nAnonHugePages:  131072 kB\n", ""},
    {"for all", "[always] madvise never\n", "THP_enabled:\t1\n",
     "AnonHugePages: 2048 kB\n", ""},
    {"never", "always madvise [never]\n", "", "",
     "/sys/kernel/mm/transparent_hugepage/enabled is \"never\": weights lie in "
     "4 KB pages, decode is some 10 to 40 % slower; as root: echo madvise > "
     "/sys/kernel/mm/transparent_hugepage/enabled"},
    {"a kernel without", "", "", "", "the kernel has no /sys/kernel/mm"},
    {"garbage", "maybe\n", "", "", "the kernel has no /sys/kernel/mm"},
    {"off for the process", "always [madvise] never\n",
     "Name:\tmillijoule\nTHP_enabled:\t0\n", "AnonHugePages: 0 kB\n",
     "turned off for this process"},
    {"offered, not given", "always [madvise] never\n", "THP_enabled:\t1\n",
     "AnonHugePages: 0 kB\nSwap: 9 kB\n",
     "the system gave none (memory is fragmented, or madvise is refused)"},
    {"nothing tells", "always [madvise] never\n", "", "", ""},
};

TEST(HugePagesTest, SaysWhyWeightsLieInSmallOnes) {
  for (const HugePagesCase& c : kCases) {
    const TempFolder tree;
    if (*c.policy != '\0') {
      tree.Write("sys/kernel/mm/transparent_hugepage/enabled", c.policy);
    }
    tree.Write("proc/self/status", c.status);
    if (*c.rollup != '\0') tree.Write("proc/self/smaps_rollup", c.rollup);
    const auto why = WhyNoHugePages(tree.path());
    EXPECT_THAT(why.value_or(""), HasSubstr(c.why)) << c.name;
    EXPECT_EQ(why.has_value(), *c.why != '\0') << c.name;
  }
}

TEST(HugePagesTest, ThisHostIsRead) {
  EXPECT_FALSE(ReadHugePages().detail.empty());
}

}  // namespace
}  // namespace mj
