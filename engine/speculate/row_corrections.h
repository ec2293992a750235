// Measured over predicted cost of a step, by its number of rows: how wrong a
// cost model is about a row more, learned online.
//
// ratio(rows) = level * shape(bucket of rows). The level makes all steps dearer
// alike (another clock, a neighbour), moves when all are found to have changed
// and cancels out where steps are compared; a shape is a mean over the steps of
// its bucket. Few samples lean on the neighbours, and old ones fade (fading.h).
#ifndef MILLIJOULE_ENGINE_SPECULATE_ROW_CORRECTIONS_H_
#define MILLIJOULE_ENGINE_SPECULATE_ROW_CORRECTIONS_H_

#include <array>
#include <cstdint>

namespace mj {

class RowCorrections final {
 public:
  // Exact up to 64 rows, then 16 an octave: what a few rows more cost is not
  // to be lost in a mean. The last bucket has no end.
  static constexpr int kExact = 64, kBuckets = kExact + 6 * 16;
  static int Bucket(int rows);  // REQUIRES: rows >= 1

  struct Estimate {
    double ratio = 1;
    double trust = 0;  // from 0, nothing but neighbours, towards 1
    double error = 0;  // relative standard error of the ratio, about
  };
  using Estimates = std::array<Estimate, kBuckets>;

  // Samples <= 0 are no measurement.
  void Observe(int rows, double measured_over_predicted, int64_t step);
  // The same, of a step that was run to know: it does not fade, so what such
  // steps told is known as long as no other of so many rows says otherwise.
  void ObserveProbe(int rows, double measured_over_predicted);
  // As of `step`. A microsecond or two.
  Estimates At(int64_t step) const;

 private:
  struct Shape {
    double mean = 1, count = 0, kept = 0;
    int64_t last_step = 0;

    double CountAt(int64_t step) const;
  };

  void NoteSurprise(double surprise);

  double level_ = 1;
  struct Run {
    double sum = 0;
    int length = 0;
  } run_;  // of the latest surprises, large and of one sign
  double spread_ =
      0.05;  // mean relative deviation of a sample; a guess at first
  int64_t num_samples_ = 0;
  std::array<Shape, kBuckets> shapes_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_ROW_CORRECTIONS_H_
