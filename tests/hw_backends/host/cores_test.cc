#include "hw_backends/host/cores.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

TEST(CgroupCpuQuotaTest, TakesTheTightestOfV2) {
  const TempFolder tree;
  tree.Write("proc/self/cgroup", "0::/a/b\n");
  tree.Write("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
  tree.Write("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(CgroupCpuQuota(tree.path()), 1.5);
  tree.Write("sys/fs/cgroup/a/b/cpu.max", "50000 100000\n");
  EXPECT_EQ(CgroupCpuQuota(tree.path()), 0.5);
}

TEST(CgroupCpuQuotaTest, ReadsV1) {
  const TempFolder tree;
  tree.Write("proc/self/cgroup", "4:cpu,cpuacct:/box\n1:memory:/box\n");
  tree.Write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "300000\n");
  tree.Write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupCpuQuota(tree.path()), 3.0);
  tree.Write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(CgroupCpuQuota(tree.path()), std::nullopt);
}

TEST(CgroupCpuQuotaTest, IsNoneWhereNothingIsThere) {
  const TempFolder tree;
  EXPECT_EQ(CgroupCpuQuota(tree.path()), std::nullopt);
  tree.Write("proc/self/cgroup", "garbage\n0::/\n");
  tree.Write("sys/fs/cgroup/cpu.max", "garbage");
  EXPECT_EQ(CgroupCpuQuota(tree.path()), std::nullopt);
}

struct CombineCase {
  const char* name;
  int affinity;
  std::optional<double> quota;
  int cores;
};

constexpr CombineCase kCombineCases[] = {
    {"no quota", 8, std::nullopt, 8}, {"whole quota", 8, 4.0, 4},
    {"part of a core", 8, 0.5, 1},    {"one and a half", 8, 1.5, 2},
    {"wider than affinity", 2, 4, 2},
};

TEST(CombineCoresTest, TakesTheLeast) {
  for (const CombineCase& c : kCombineCases) {
    EXPECT_EQ(CombineCores(c.affinity, c.quota).cores, c.cores) << c.name;
  }
}

struct ChooseCase {
  const char* name;
  std::optional<int> wanted;
  int threads;  // 0: refused
};

constexpr ChooseCase kChooseCases[] = {
    {"one a core", std::nullopt, 3},
    {"fewer", 1, 1},
    {"as many", 3, 3},
    {"one more", 4, 0},
    {"far more", 64, 0},
    {"none", 0, 0},
    {"less than none", -1, 0},
};

TEST(ChooseThreadsTest, RefusesWhatThisProcessMayNotUse) {
  const CoreAllowance cores = CombineCores(8, 2.5);
  for (const ChooseCase& c : kChooseCases) {
    const absl::StatusOr<int> threads = ChooseThreads(c.wanted, cores);
    ASSERT_EQ(threads.ok(), c.threads > 0) << c.name;
    if (threads.ok()) {
      EXPECT_EQ(*threads, c.threads) << c.name;
      continue;
    }
    EXPECT_EQ(threads.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(threads.status().message(),
              absl::StrCat("--threads: ", *c.wanted,
                           " is not from 1 to 3: this process may use 3 cores "
                           "(8 by affinity, a cgroup quota of 2.5)"));
  }
}

TEST(AllowedCoresTest, ThisHostHasSome) {
  EXPECT_GE(AllowedCores().cores, 1);
  EXPECT_FALSE(AllowedCores().reason.empty());
}

TEST(AllowedCoresTest, KnowsWhetherTheHostIsItsOwn) {
  const TempFolder no_groups;
  const CoreAllowance all = AllowedCores(no_groups.path());
  const int online = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  EXPECT_EQ(all.whole_host, all.affinity >= online);
  no_groups.Write("proc/self/cgroup", "0::/\n");
  no_groups.Write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(AllowedCores(no_groups.path()).whole_host, online == 1);
}

}  // namespace
}  // namespace mj
