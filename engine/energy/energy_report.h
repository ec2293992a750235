// The energy of one reply as its client sees it: `usage.energy` of HTTP, the
// last message of gRPC, the command line's JSON. Plain data.
#ifndef MILLIJOULE_ENGINE_ENERGY_ENERGY_REPORT_H_
#define MILLIJOULE_ENGINE_ENERGY_ENERGY_REPORT_H_

#include <optional>
#include <string>

namespace mj {

// Rounded once, at the reply's end, to 3 significant digits, each number by
// itself. Before rounding joules = prefill + decode, and wasted is a part of
// joules.
struct EnergyReport {
  double joules = 0;
  double prefill_joules = 0;
  double decode_joules = 0;
  double wasted_joules = 0;
  // Absent without output tokens.
  std::optional<double> joules_per_output_token;
  std::string method;       // "measured" or "modelled"
  std::string domain;       // "cpu+dram"
  std::string calibration;  // of the model that priced it
  double gco2e = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_ENERGY_REPORT_H_
