// What programming, time and reading do to the conductance of a phase-change
// cell, as statistics of measured devices, in the formulas of IBM's aihwkit.
// Conductances are fractions of the largest; t counts from t0 after
// programming, when the cell is first read.
//   programmed  ~ N(g, sigma(g)), no less than 0
//   drift       programmed ((t + t0) / t0)^-nu, nu ~ |N(mean(g), deviation(g))|
//   1/f noise   ~ N(0, drifted q(programmed) sqrt(ln((t + t0 + tr) / (2 tr)))),
//               gathered since programming: it stays for reads near t
#ifndef MILLIJOULE_HW_BACKENDS_CIM_CELL_NOISE_H_
#define MILLIJOULE_HW_BACKENDS_CIM_CELL_NOISE_H_

#include <optional>
#include <string_view>

#include "hw_backends/quantities.h"

namespace mj {

enum class CellKind {
  kIdeal,  // holds its target
  // A million devices of 90 nm, up to 25 uS (Nandakumar et al. 2019; Joshi et
  // al., Nature Communications 2020).
  kPcm,
  // Those of the HERMES chip (Le Gallo et al., Nature Electronics 2023): one
  // device up to 10.35 uS, or two that hold a conductance up to 20.7 uS
  // together.
  kHermesSingle,
  kHermesPair,
};
// "ideal", "pcm", "hermes-1", "hermes-2".
std::optional<CellKind> ParseCellKind(std::string_view name);
std::string_view CellKindName(CellKind kind);

float ProgrammingDeviation(CellKind kind, float target);
struct DriftExponent {
  float mean = 0, deviation = 0;
};
DriftExponent DriftExponentOf(CellKind kind, float target);
// q: of a read, relative to what is read.
float ReadDeviation(CellKind kind, float programmed);

// Cells of a kind at one time.
class CellsAt final {
 public:
  CellsAt(CellKind kind, Seconds age);

  // Of each of the three, a standard normal number.
  struct Draws {
    float programming = 0, drift = 0, read = 0;
  };
  struct Reads {
    float fresh = 0;  // at age 0
    float now = 0;    // at `age`
  };
  // A cell's conductance.
  Reads Read(float target, const Draws& draws) const;
  bool drifts() const { return log_time_ > 0; }

 private:
  CellKind kind_;
  float log_time_ = 0;                        // ln((t + t0) / t0)
  float fresh_factor_ = 0, read_factor_ = 0;  // sqrt(ln(...))
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_CELL_NOISE_H_
