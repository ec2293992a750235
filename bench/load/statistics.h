// Percentiles that say how sure they are.
#ifndef MILLIJOULE_BENCH_LOAD_STATISTICS_H_
#define MILLIJOULE_BENCH_LOAD_STATISTICS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mj {

// The nearest-rank quantile, and the order statistics that enclose the true
// one in 95 % of runs; none where the sample has too few beyond it.
struct QuantileEstimate {
  double value = 0;
  std::optional<double> low, high;
};

struct Distribution {
  int64_t count = 0;
  double mean = 0, min = 0, max = 0;
  QuantileEstimate p50, p90, p95, p99;
};

// `in_order`: by the time of the requests. Ranks come from the binomial
// distribution (David & Nagaraja, "Order Statistics", 7.1), of fewer samples
// than there are where neighbours are alike, as in a queue: count by the larger
// of VarianceInflation() and SerialInflation(). Nothing for an empty sample.
std::optional<Distribution> Describe(std::span<const double> in_order);

// By how much the share of samples at or below `threshold` varies more between
// batches than independent samples' would, 1 or more: n Var(batch mean) /
// (p (1 - p)), by at most 30 batches of at least 10 (Law & Kelton's batch
// means). 1 where there are under 5 batches.
double VarianceInflation(std::span<const double> in_order, double threshold);

// By how much the mean of samples whose neighbours are alike varies more than
// that of independent ones, 1 or more: (1 + r) / (1 - r) of a first-order
// autoregression, r the correlation of neighbours' ranks, freed of its bias in
// short series (Marriott & Pope 1954). It tells of runs too short for batches.
// 1 for under 10 samples.
double SerialInflation(std::span<const double> in_order);

// The ranks, from 1 on, of order statistics that enclose the quantile p of
// `count` independent samples with probability 0.95 or more; 0 and count + 1
// stand for none.
struct Ranks {
  int64_t low, high;
};
Ranks ConfidenceRanks(int64_t count, double p);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_STATISTICS_H_
