#include "hw_backends/host/huge_pages.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCost =
    "weights lie in 4 KB pages, decode is some 10 to 40 % slower";

// The word in brackets of "always [madvise] never".
std::string Chosen(const fs::path& path) {
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    if (word.size() > 2 && word.front() == '[' && word.back() == ']') {
      return word.substr(1, word.size() - 2);
    }
  }
  return "";
}

// The number of a "Key:   7 kB" line.
std::optional<int64_t> Field(const fs::path& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    int64_t value = 0;
    if (word == key && file >> value) return value;
  }
  return std::nullopt;
}

}  // namespace

HugePages ReadHugePages(const std::string& root) {
  const char* const kPolicy = "/sys/kernel/mm/transparent_hugepage/enabled";
  const std::string policy = Chosen(root + kPolicy);
  if (policy.empty()) {
    return {false, absl::StrCat("the kernel has no ", kPolicy, ": ", kCost)};
  }
  if (policy == "never") {
    return {false, absl::StrCat(kPolicy, " is \"never\": ", kCost,
                                "; as root: echo madvise > ", kPolicy)};
  }
  if (Field(root + "/proc/self/status", "THP_enabled:") == 0) {
    return {false,
            absl::StrCat("turned off for this process (PR_SET_THP_DISABLE) by "
                         "what started it: ",
                         kCost)};
  }
  return {true, absl::StrCat(policy, " (", kPolicy, ")")};
}

std::optional<std::string> WhyNoHugePages(const std::string& root) {
  const HugePages pages = ReadHugePages(root);
  if (!pages.offered) return pages.detail;
  const auto used = Field(root + "/proc/self/smaps_rollup", "AnonHugePages:");
  if (!used || *used > 0) return std::nullopt;
  return absl::StrCat("the system gave none (memory is fragmented, or madvise ",
                      "is refused): ", kCost,
                      "; as root: echo 1 > /proc/sys/vm/compact_memory, then "
                      "restart");
}

}  // namespace mj
