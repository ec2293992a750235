// What programming, time and reading do to the conductance of a phase-change
// cell, as statistics of measured devices (Joshi et al., Nature Communications
// 2020; the formulas of IBM's aihwkit 1.2.0). Conductances are fractions of the
// largest; t counts from t0 after programming, when the cell is first read.
//   programmed  ~ N(g, sigma(g)), no less than 0
//   drift       g ((t + t0) / t0)^-nu, nu ~ |N(mean(g), deviation(g))|
//   read        ~ N(0, g q(g) sqrt(ln((t + t0 + tr) / (2 tr))))
#ifndef MILLIJOULE_HW_BACKENDS_CIM_CELL_NOISE_H_
#define MILLIJOULE_HW_BACKENDS_CIM_CELL_NOISE_H_

#include <cstdint>

namespace mj {

// Standard normal numbers, a function of the seed and of where and what they
// are for: never of time or of the order of calls.
class NormalSource final {
 public:
  explicit NormalSource(uint64_t seed) : seed_(seed) {}
  float At(uint64_t tensor, uint64_t place, uint64_t draw) const;

 private:
  uint64_t seed_;
};

float ProgrammingDeviation(float target);
float DriftExponentMean(float target);
float DriftExponentDeviation(float target);
// Of one read of a cell that was programmed to `target` and has `now` left.
float ReadDeviation(float target, float now, double seconds);

// A cell programmed to `target`, at `seconds`; normal numbers for its
// programming and its drift.
float Drifted(float target, double seconds, float programming, float drift);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_CELL_NOISE_H_
