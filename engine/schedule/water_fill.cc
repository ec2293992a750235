#include "engine/schedule/water_fill.h"

#include <algorithm>

namespace mj {
namespace {

// The level to which water rises over needs in ascending order, and how many
// units are left after everyone has min(need, level).
struct Level {
  int height = 0;
  int remainder = 0;
};

Level FindLevel(std::span<const int> ascending, int budget) {
  for (size_t i = 0; i < ascending.size(); ++i) {
    const int left = static_cast<int>(ascending.size() - i);
    if (ascending[i] > budget / left) return {budget / left, budget % left};
    budget -= ascending[i];
  }
  return {ascending.empty() ? 0 : ascending.back(), 0};
}

}  // namespace

std::vector<int> WaterFill(std::span<const int> needs, int budget) {
  std::vector<int> shares(needs.begin(), needs.end());
  std::sort(shares.begin(), shares.end());
  Level level = FindLevel(shares, budget);
  for (size_t i = 0; i < needs.size(); ++i) {
    shares[i] = std::min(needs[i], level.height);
    if (needs[i] > level.height && level.remainder > 0) {
      ++shares[i];
      --level.remainder;
    }
  }
  return shares;
}

}  // namespace mj
