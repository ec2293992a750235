// One worker's share of a phase's chunks: its owner takes them from the front,
// others from the back, without a lock.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_CHUNK_RANGE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_CHUNK_RANGE_H_

#include <atomic>
#include <cstdint>
#include <optional>

namespace mj {

// Any thread. What was written before Set() is seen by whoever takes from it.
class alignas(64) ChunkRange final {  // a cache line of its own
 public:
  static constexpr int kMaxCount = 0xFFFF;

  // Chunks 0 .. count - 1. REQUIRES: empty(); 0 <= count <= kMaxCount; `phase`
  // differs from the last 2^32 - 1, so that a slow thread cannot mistake this
  // range for one that it saw before.
  void Set(uint32_t phase, int count) {
    word_.store(uint64_t{phase} << 32 | static_cast<uint64_t>(count));
  }
  std::optional<int> TakeFirst() {
    uint64_t word = word_.load();
    while (Next(word) < End(word)) {
      if (word_.compare_exchange_weak(word, word + kOneNext)) return Next(word);
    }
    return std::nullopt;
  }
  std::optional<int> TakeLast() {
    uint64_t word = word_.load();
    while (Next(word) < End(word)) {
      if (word_.compare_exchange_weak(word, word - 1)) return End(word) - 1;
    }
    return std::nullopt;
  }
  bool empty() const {
    const uint64_t word = word_.load();
    return Next(word) >= End(word);
  }

 private:
  static constexpr uint64_t kOneNext = 1 << 16;
  static int Next(uint64_t word) { return word >> 16 & 0xFFFF; }
  static int End(uint64_t word) { return word & 0xFFFF; }

  // Phase in the high half; then the next chunk and the end, 16 bits each.
  std::atomic<uint64_t> word_{0};
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_CHUNK_RANGE_H_
