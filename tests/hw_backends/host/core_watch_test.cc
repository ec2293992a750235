#include "hw_backends/host/core_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

struct ChangeCase {
  const char* name;
  const char* group;    // proc/self/cgroup
  const char* quota;    // cpu.max of /box
  const char* message;  // "": no change
  int threads = 0;
};

// One after the other, of a process that started 4 threads on 8 cores.
constexpr ChangeCase kChangeCases[] = {
    {"as it was", "0::/box\n", "400000 100000\n", ""},
    {"shrunk", "0::/box\n", "150000 100000\n",
     "this process may now use 2 cores (8 by affinity, a cgroup quota of 1.5), "
     "before 4 cores (8 by affinity, a cgroup quota of 4): steps use 2 of 4 "
     "compute threads from the next on",
     2},
    {"as many cores", "0::/box\n", "200000 100000\n", ""},
    {"less than one", "0::/box\n", "10000 100000\n", "steps use 1 of 4", 1},
    {"as before", "0::/box\n", "400000 100000\n", "steps use 4 of 4", 4},
    {"no quota", "0::/box\n", "max 100000\n",
     "steps use 4 of 4 compute threads from the next on; more need a restart",
     4},
    {"moved to another group", "0::/small\n", "max 100000\n",
     "may now use 1 core (8 by affinity, a cgroup quota of 0.5)", 1},
    {"groups cannot be read", "", "", "no cgroup quota", 4},
};

TEST(CoreWatchTest, TellsEachChangeOnce) {
  const TempFolder tree;
  tree.Write("sys/fs/cgroup/small/cpu.max", "50000 100000\n");
  tree.Write("proc/self/cgroup", "0::/box\n");
  tree.Write("sys/fs/cgroup/box/cpu.max", "400000 100000\n");
  CoreWatch watch([&] { return CombineCores(8, CgroupCpuQuota(tree.path())); });
  for (const ChangeCase& c : kChangeCases) {
    tree.Write("proc/self/cgroup", c.group);
    tree.Write("sys/fs/cgroup/box/cpu.max", c.quota);
    const std::optional<CoreChange> change = watch.Look(4);
    ASSERT_EQ(change.has_value(), c.threads > 0) << c.name;
    EXPECT_FALSE(watch.Look(4).has_value()) << c.name;
    if (!change) continue;
    EXPECT_EQ(change->threads, c.threads) << c.name;
    EXPECT_THAT(change->message, HasSubstr(c.message)) << c.name;
  }
}

TEST(CoreWatchTest, FollowsAQuotaOfV1) {
  const TempFolder tree;
  const std::string box = "sys/fs/cgroup/cpu/box/";
  tree.Write("proc/self/cgroup", "3:cpuset:/\n1:cpu:/box\n0::/\n");
  tree.Write(box + "cpu.cfs_period_us", "100000\n");
  tree.Write(box + "cpu.cfs_quota_us", "-1\n");
  CoreWatch watch([&] { return CombineCores(2, CgroupCpuQuota(tree.path())); });
  EXPECT_FALSE(watch.Look(2).has_value());
  tree.Write(box + "cpu.cfs_quota_us", "100000\n");
  EXPECT_EQ(watch.Look(2)->threads, 1);
  tree.Write(box + "cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(watch.Look(2)->threads, 2);
}

// What taskset and a cpuset do, to a thread of its own.
TEST(CoreWatchTest, FollowsTheAffinityOfThisHost) {
  const TempFolder no_groups;
  const auto follow = [&] {
    cpu_set_t all, one;
    ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
    const int cores = CPU_COUNT(&all);
    CoreWatch watch([&] { return AllowedCores(no_groups.path()); });
    int first = 0;
    while (!CPU_ISSET(first, &all)) ++first;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    const std::optional<CoreChange> fewer = watch.Look(cores);
    ASSERT_EQ(fewer.has_value(), cores > 1);
    if (!fewer) return;
    EXPECT_EQ(fewer->threads, 1);
    EXPECT_THAT(fewer->message, HasSubstr("1 core (1 by affinity"));
    ASSERT_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
    EXPECT_EQ(watch.Look(cores)->threads, cores);
  };
  std::thread(follow).join();
}

}  // namespace
}  // namespace mj
