// The highest rate that a server sustains, by trying some.
#ifndef MILLIJOULE_BENCH_LOAD_RATE_SEARCH_H_
#define MILLIJOULE_BENCH_LOAD_RATE_SEARCH_H_

#include <optional>

namespace mj {

// Bisects between a rate that holds and one that does not, in ratios, until
// they are `precision` apart; first grows from `low` by doubling, up to
// `high`, and gives up where `low` itself fails. Pure: it is told how each
// rate went.
class RateSearch final {
 public:
  // REQUIRES: 0 < low <= high, precision > 0
  RateSearch(double low, double high, double precision);

  // The rate to try now; nothing when the search is over.
  std::optional<double> Next() const;
  // How Next() went. REQUIRES: Next() has a value
  void Tell(bool holds);

  // The highest that held, and the lowest that did not.
  std::optional<double> best() const { return best_; }
  std::optional<double> too_much() const { return too_much_; }

 private:
  double low_, high_, precision_;
  std::optional<double> best_, too_much_;
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_RATE_SEARCH_H_
