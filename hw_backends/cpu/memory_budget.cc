#include "hw_backends/cpu/memory_budget.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include "absl/strings/numbers.h"

namespace mj {
namespace {

std::optional<int64_t> ReadNumber(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  int64_t value;
  if (!(file >> word) || !absl::SimpleAtoi(word, &value)) return std::nullopt;
  return value;
}

// The number after the first word `key` of a file of "key number" lines.
std::optional<int64_t> ReadField(const std::string& path,
                                 std::string_view key) {
  std::ifstream file(path);
  std::string word, rest;
  int64_t value;
  while (file >> word) {
    if (word == key && file >> value) return value;
    std::getline(file, rest);
  }
  return std::nullopt;
}

// What one control group leaves of `limit`; none where it sets no limit.
std::optional<int64_t> GroupLeaves(const std::string& folder,
                                   const char* limit_file,
                                   const char* usage_file,
                                   const char* cache_key) {
  const std::optional<int64_t> limit = ReadNumber(folder + limit_file);
  const std::optional<int64_t> usage = ReadNumber(folder + usage_file);
  if (!limit || !usage) return std::nullopt;  // "max" is no number
  const int64_t cache =
      ReadField(folder + "memory.stat", cache_key).value_or(0);
  // The counters are read one after another: the cache may have outgrown the
  // usage meanwhile, and a limit may be the largest number there is.
  const int64_t held = std::max<int64_t>(0, *usage - cache);
  return std::max<int64_t>(0, *limit - held);
}

std::string OwnGroup(const std::string& root) {
  std::ifstream file(root + "proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "";
}

void TakeLeast(std::optional<int64_t> value, std::optional<int64_t>& least) {
  if (value) least = least ? std::min(*least, *value) : *value;
}

}  // namespace

std::optional<int64_t> AvailableMemory(const std::string& root) {
  std::optional<int64_t> least;
  if (const auto kilobytes =
          ReadField(root + "proc/meminfo", "MemAvailable:")) {
    least = *kilobytes * 1024;
  }
  // Every group on the way to the process' own may set a limit.
  const std::string group = OwnGroup(root);
  for (size_t end = 0; end != std::string::npos;) {
    end = group.find('/', end + 1);
    const std::string folder =
        root + "sys/fs/cgroup" + group.substr(0, end) + "/";
    TakeLeast(GroupLeaves(folder, "memory.max", "memory.current", "file"),
              least);
  }
  TakeLeast(GroupLeaves(root + "sys/fs/cgroup/", "memory.max", "memory.current",
                        "file"),
            least);
  TakeLeast(GroupLeaves(root + "sys/fs/cgroup/memory/", "memory.limit_in_bytes",
                        "memory.usage_in_bytes", "total_cache"),
            least);
  return least;
}

}  // namespace mj
