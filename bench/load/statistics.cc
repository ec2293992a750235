#include "bench/load/statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <numeric>

namespace mj {
namespace {

// The least k from 0 to `count` whose P(B <= k) is over `level`.
int64_t LeastAbove(int64_t count, double p, double level) {
  const boost::math::binomial_distribution<> binomial(
      static_cast<double>(count), p);
  int64_t low = 0, high = count;
  while (low < high) {
    const int64_t middle = (low + high) / 2;
    if (boost::math::cdf(binomial, static_cast<double>(middle)) > level) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// The mean rank of each sample: ties share theirs.
std::vector<double> RanksOf(std::span<const double> samples) {
  std::vector<size_t> order(samples.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return samples[i]; });
  std::vector<double> ranks(samples.size());
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && samples[order[end]] == samples[order[begin]]) {
      ++end;
    }
    for (size_t i = begin; i < end; ++i) {
      ranks[order[i]] = static_cast<double>(begin + end - 1) / 2;
    }
  }
  return ranks;
}

QuantileEstimate Estimate(std::span<const double> sorted,
                          std::span<const double> in_order, double serial,
                          double p) {
  const auto count = std::ssize(sorted);
  const auto n = static_cast<double>(count);
  const auto rank = std::max<int64_t>(1, std::llround(std::ceil(p * n)));
  QuantileEstimate estimate{.value = sorted[rank - 1]};
  const double inflation =
      std::max(serial, VarianceInflation(in_order, estimate.value));
  const int64_t effective =
      std::max<int64_t>(1, std::llround(std::floor(n / inflation)));
  const Ranks ranks = ConfidenceRanks(effective, p);
  const double scale = n / static_cast<double>(effective);
  if (ranks.low >= 1) {
    const auto low =
        std::llround(std::floor(static_cast<double>(ranks.low) * scale));
    estimate.low = sorted[std::clamp<int64_t>(low, 1, rank) - 1];
  }
  if (ranks.high <= effective) {
    const auto high =
        std::llround(std::ceil(static_cast<double>(ranks.high) * scale));
    estimate.high = sorted[std::clamp<int64_t>(high, rank, count) - 1];
  }
  return estimate;
}

}  // namespace

Ranks ConfidenceRanks(int64_t count, double p) {
  return {LeastAbove(count, p, 0.025), LeastAbove(count, p, 0.975) + 1};
}

double VarianceInflation(std::span<const double> in_order, double threshold) {
  const int64_t batches = std::min<int64_t>(30, std::ssize(in_order) / 10);
  if (batches < 5) return 1;
  const int64_t size = std::ssize(in_order) / batches;
  std::vector<double> shares;
  for (int64_t b = 0; b < batches; ++b) {
    const auto batch = in_order.subspan(b * size, size);
    const auto below = std::count_if(batch.begin(), batch.end(),
                                     [&](double x) { return x <= threshold; });
    shares.push_back(static_cast<double>(below) / static_cast<double>(size));
  }
  const auto n = static_cast<double>(batches);
  const double p = std::accumulate(shares.begin(), shares.end(), 0.0) / n;
  if (p <= 0 || p >= 1) return 1;
  double squares = 0;
  for (double share : shares) squares += (share - p) * (share - p);
  const double variance = squares / (n - 1);
  return std::max(1.0, static_cast<double>(size) * variance / (p * (1 - p)));
}

double SerialInflation(std::span<const double> in_order) {
  const auto n = static_cast<double>(in_order.size());
  if (n < 10) return 1;
  const std::vector<double> ranks = RanksOf(in_order);
  const double mean = (n - 1) / 2;
  double squares = 0, products = 0;
  for (size_t i = 0; i < ranks.size(); ++i) {
    squares += (ranks[i] - mean) * (ranks[i] - mean);
    if (i > 0) products += (ranks[i] - mean) * (ranks[i - 1] - mean);
  }
  if (squares == 0) return 1;
  const double r = (n * products / squares + 1) / (n - 4);
  return (1 + std::clamp(r, 0.0, 0.99)) / (1 - std::clamp(r, 0.0, 0.99));
}

std::optional<Distribution> Describe(std::span<const double> in_order) {
  if (in_order.empty()) return std::nullopt;
  std::vector<double> sorted(in_order.begin(), in_order.end());
  std::sort(sorted.begin(), sorted.end());
  const double serial = SerialInflation(in_order);
  const double sum = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  return Distribution{.count = std::ssize(sorted),
                      .mean = sum / static_cast<double>(sorted.size()),
                      .min = sorted.front(),
                      .max = sorted.back(),
                      .p50 = Estimate(sorted, in_order, serial, 0.50),
                      .p90 = Estimate(sorted, in_order, serial, 0.90),
                      .p95 = Estimate(sorted, in_order, serial, 0.95),
                      .p99 = Estimate(sorted, in_order, serial, 0.99)};
}

}  // namespace mj
