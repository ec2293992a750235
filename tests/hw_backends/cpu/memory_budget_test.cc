#include "hw_backends/cpu/memory_budget.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using Files = std::vector<std::pair<const char*, const char*>>;

std::optional<int64_t> AvailableWith(const Files& files) {
  const TempFolder root;
  for (const auto& [name, text] : files) root.Write(name, text);
  return AvailableMemory(root.path() + "/");
}

TEST(MemoryBudgetTest, TakesTheLeastThatTheSystemAndItsGroupsLeave) {
  const std::pair<const char*, const char*> meminfo = {
      "proc/meminfo", "MemTotal: 9000 kB\nMemAvailable: 5000 kB\n"};
  EXPECT_EQ(AvailableWith({}), std::nullopt);
  EXPECT_EQ(AvailableWith({meminfo}), 5000 * 1024);
  EXPECT_EQ(
      AvailableWith({meminfo,
                     {"proc/self/cgroup", "0::/a/b\n"},
                     {"sys/fs/cgroup/a/memory.max", "100000\n"},
                     {"sys/fs/cgroup/a/memory.current", "40000\n"},
                     {"sys/fs/cgroup/a/memory.stat", "anon 30000\nfile 5000\n"},
                     {"sys/fs/cgroup/a/b/memory.max", "max\n"},
                     {"sys/fs/cgroup/a/b/memory.current", "4\n"}}),
      65000);
  EXPECT_EQ(
      AvailableWith({meminfo,
                     {"sys/fs/cgroup/memory/memory.limit_in_bytes", "700\n"},
                     {"sys/fs/cgroup/memory/memory.usage_in_bytes", "900\n"}}),
      0);
  // No limit, and a cache that grew between the two readings.
  EXPECT_EQ(AvailableWith(
                {meminfo,
                 {"sys/fs/cgroup/memory/memory.limit_in_bytes",
                  "9223372036854771712\n"},
                 {"sys/fs/cgroup/memory/memory.usage_in_bytes", "1000\n"},
                 {"sys/fs/cgroup/memory/memory.stat", "total_cache 50000\n"}}),
            5000 * 1024);
}

}  // namespace
}  // namespace mj
