#include "engine/speculate/row_corrections.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

#include "engine/speculate/fading.h"

namespace mj {
namespace {

constexpr double kSpreadWeight = 0.02;
// All steps have changed alike when so many in a row differ that much from what
// was expected. A level that followed every step would let shapes drift.
constexpr int kRun = 4;
constexpr double kShift = 0.08, kShiftInSpreads = 2;
constexpr double kKeptByShift = 2;   // samples of each shape
constexpr double kTrusted = 0.9;     // of what was expected: two samples
constexpr double kMostSamples = 32;  // of a shape's mean
constexpr double kFading = 1024;     // steps a sample
constexpr double kMostKept = 4;      // samples of probes
constexpr double kDoubt = 0.15;      // samples: what trust in few of them lacks
constexpr double kLeaning = 0.3;  // samples that a trusted neighbour counts for
// A sample counts as this factor off at the most, where others are trusted and
// where not: a step that the host interrupts is no measure of its rows.
constexpr double kMostSurprise = 1.5, kMostNews = 4;
constexpr double kModelSay = 0.01;  // of the model alone, as against neighbours

// A mean that is still being summed.
struct Weighted {
  double sum = 0, weight = 0;
  Weighted operator+(const Weighted& o) const {
    return {sum + o.sum, weight + o.weight};
  }
  Weighted operator*(double k) const { return {k * sum, k * weight}; }
};

// Of a bucket's say in the estimate of the next, what is left on the way: a
// quarter more rows tell little, one row in many tells much.
constexpr std::array<double, RowCorrections::kBuckets> kReach = [] {
  constexpr double kQuarter = 0.25, kPerOctave = 16;
  std::array<double, RowCorrections::kBuckets> reach{};
  for (int b = 0; b < RowCorrections::kBuckets; ++b) {
    const double rows = b < RowCorrections::kExact ? b + 1 : kPerOctave;
    reach[b] = kQuarter * rows / (1 + kQuarter * rows);
  }
  return reach;
}();

}  // namespace

int RowCorrections::Bucket(int rows) {
  assert(rows >= 1);
  if (rows <= kExact) return rows - 1;
  const unsigned last = static_cast<unsigned>(rows - 1);  // of (64, 128]: 64...
  const int octave = std::bit_width(last) - 7;
  const int part = static_cast<int>(last >> (octave + 2)) - 16;
  return std::min(kExact + 16 * octave + part, kBuckets - 1);
}

double RowCorrections::Shape::CountAt(int64_t step) const {
  return std::max(kept, FadedCount(count, step - last_step, kFading));
}

RowCorrections::Estimates RowCorrections::At(int64_t step) const {
  std::array<Weighted, kBuckets> own, below;
  std::array<double, kBuckets> counts;
  Estimates estimates;
  Weighted passed;
  for (int b = 0; b < kBuckets; ++b) {
    const Shape& s = shapes_[b];
    counts[b] = s.CountAt(step);
    estimates[b].trust = counts[b] / (counts[b] + kDoubt);
    own[b] = {estimates[b].trust * s.mean, estimates[b].trust};
    if (b > 0) below[b] = passed * kReach[b - 1];
    passed = own[b] + below[b];
  }
  passed = {};
  for (int b = kBuckets - 1; b >= 0; --b) {
    const Weighted above = passed * kReach[b];
    const Weighted near =
        (below[b] + above + Weighted{kModelSay, kModelSay}) * kLeaning;
    const double shape =
        (counts[b] * shapes_[b].mean + near.sum) / (counts[b] + near.weight);
    estimates[b].ratio = level_ * shape;
    estimates[b].error = spread_ / std::sqrt(counts[b] + near.weight);
    passed = own[b] + above;
  }
  return estimates;
}

void RowCorrections::NoteSurprise(double surprise) {
  if (std::abs(surprise) < std::max(kShift, kShiftInSpreads * spread_)) {
    run_ = {};
    return;
  }
  if (surprise * run_.sum < 0) run_ = {};
  run_.sum += surprise;
  if (++run_.length < kRun) return;
  level_ *= 1 + run_.sum / run_.length;
  run_ = {};
  for (Shape& s : shapes_) s.count = std::min(s.count, kKeptByShift);
}

void RowCorrections::Observe(int rows, double measured_over_predicted,
                             int64_t step) {
  if (!(measured_over_predicted > 0)) return;
  if (num_samples_++ == 0) level_ = measured_over_predicted;
  const int b = Bucket(rows);
  const Estimate expected = At(step)[b];
  const double most = kMostNews + expected.trust * (kMostSurprise - kMostNews);
  const double surprise =
      std::clamp(measured_over_predicted / expected.ratio, 1 / most, most);
  Shape& s = shapes_[b];
  const double sample = surprise * expected.ratio / level_;
  s.count = std::min(s.CountAt(step) + 1, kMostSamples);
  s.mean += (sample - s.mean) / s.count;
  s.last_step = step;
  spread_ += kSpreadWeight * (std::abs(surprise - 1) - spread_);
  if (expected.trust > kTrusted) NoteSurprise(surprise - 1);
}

void RowCorrections::ObserveProbe(int rows, double measured_over_predicted) {
  if (!(measured_over_predicted > 0)) return;
  Observe(rows, measured_over_predicted, 0);
  Shape& s = shapes_[Bucket(rows)];
  s.kept = std::min(s.count, kMostKept);
}

}  // namespace mj
