// How much memory this process may still take.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_MEMORY_BUDGET_H_
#define MILLIJOULE_HW_BACKENDS_CPU_MEMORY_BUDGET_H_

#include <cstdint>
#include <optional>
#include <string>

namespace mj {

// The least of MemAvailable and what the process' control groups (v2, or v1 at
// its root) leave, page cache counted as free; none where nothing can be read.
// `root` holds proc/ and sys/.
std::optional<int64_t> AvailableMemory(const std::string& root = "/");

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_MEMORY_BUDGET_H_
