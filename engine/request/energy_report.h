// The joules of one request, as its reply tells them.
#ifndef MILLIJOULE_ENGINE_REQUEST_ENERGY_REPORT_H_
#define MILLIJOULE_ENGINE_REQUEST_ENERGY_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "hw_backends/quantities.h"

namespace mj {

// What the request would have cost on another device, by its model.
struct ShadowCost {
  std::string device;
  Joules energy{0};
  Seconds time{0};  // its share of the steps' time
};

struct EnergyReport {
  Joules total, prefill, decode;
  Joules wasted;  // part of the total that led to no token of the reply
  std::optional<Joules> per_output_token;
  std::string method;              // "modelled" or "measured"
  std::string domain;              // boundary: "package+dram"
  std::string calibration;         // id of the coefficients
  double gco2e = 0;                // grams
  // Of a simulated device: its share of the time that the steps take there.
  std::optional<Seconds> device_time;
  std::vector<ShadowCost> shadow;  // where it was asked for
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_REQUEST_ENERGY_REPORT_H_
