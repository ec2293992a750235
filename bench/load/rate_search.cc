#include "bench/load/rate_search.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace mj {

RateSearch::RateSearch(double low, double high, double precision)
    : low_(low), high_(high), precision_(precision) {
  assert(0 < low && low <= high && precision > 0);
}

std::optional<double> RateSearch::Next() const {
  if (!best_) return too_much_ ? std::nullopt : std::optional(low_);
  if (*best_ >= high_) return std::nullopt;
  if (!too_much_) return std::min(2 * *best_, high_);
  if (*too_much_ <= *best_ * (1 + precision_)) return std::nullopt;
  return std::sqrt(*best_ * *too_much_);
}

void RateSearch::Tell(bool holds) {
  const std::optional<double> rate = Next();
  assert(rate);
  (holds ? best_ : too_much_) = *rate;
}

}  // namespace mj
