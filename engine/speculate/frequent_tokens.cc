#include "engine/speculate/frequent_tokens.h"

#include <algorithm>
#include <numeric>

namespace mj {

std::vector<int32_t> FrequentTokens(std::span<const int32_t> tokens, int vocab,
                                    int count) {
  std::vector<int64_t> times(vocab, 0);
  for (int32_t token : tokens) ++times[token];
  std::vector<int32_t> ids(vocab);
  std::iota(ids.begin(), ids.end(), 0);
  std::ranges::stable_sort(
      ids, [&](int32_t a, int32_t b) { return times[a] > times[b]; });
  ids.resize(std::min(count, vocab));
  std::ranges::sort(ids);
  return ids;
}

}  // namespace mj
