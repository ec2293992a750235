// Which blocks of a sequence are never read again where every layer attends to
// the last `window` positions only (Mistral 7B v0.1): they are given back while
// the sequence runs, so that it holds a bounded number however long it gets.
//
// All layers share one block table. Where only some have a window (Gemma 3: all
// but each sixth), a block holds keys of the others, too, and stays.
#ifndef MILLIJOULE_ENGINE_KV_SLIDING_WINDOW_H_
#define MILLIJOULE_ENGINE_KV_SLIDING_WINDOW_H_

#include <algorithm>
#include <span>

namespace mj {

// The widest of the layers' windows, [layers] in positions; 0, no window, where
// some layer attends to all positions (its own is 0).
inline int CommonWindow(std::span<const int> windows) {
  if (windows.empty()) return 0;
  const auto [least, most] = std::ranges::minmax(windows);
  return least == 0 ? 0 : most;
}

// The first block that is still needed once `num_computed` positions are in the
// cache: by the row at that position, which attends to (num_computed - window,
// num_computed], or as the last complete one, which the next one's key follows.
// REQUIRES: window > 0
inline int FirstNeeded(int num_computed, int window, int block_size) {
  const int read = (num_computed + 1 - window) / block_size;
  return std::max(0, std::min(read, num_computed / block_size - 1));
}

// The most blocks that are needed for one row more. REQUIRES: window > 0
inline int MostNeeded(int window, int block_size) {
  return 1 + std::max(1, (window + block_size - 2) / block_size);
}

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_KV_SLIDING_WINDOW_H_
