#include "bench/call_times.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace mj {

double CallTimes::Quantile(double share) const {
  assert(!seconds_.empty() && share > 0 && share <= 1);
  std::vector<double> ascending = seconds_;
  std::sort(ascending.begin(), ascending.end());
  const double rank = std::ceil(share * static_cast<double>(ascending.size()));
  return ascending[static_cast<size_t>(rank) - 1];
}

}  // namespace mj
