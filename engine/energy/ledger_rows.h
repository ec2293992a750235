// The rows of a durable ledger: plain data.
#ifndef MILLIJOULE_ENGINE_ENERGY_LEDGER_ROWS_H_
#define MILLIJOULE_ENGINE_ENERGY_LEDGER_ROWS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/energy/ledger.h"
#include "hw_backends/quantities.h"

namespace mj {

// One life of one server: what its joules mean.
struct LedgerRun {
  std::string id;  // unique in the world
  absl::Time start{};
  std::string commit, cpu, isa, numerics;  // as in Provenance
  std::string model, model_fingerprint;
  std::string method;       // "measured" or "modelled"
  std::string domain;       // the boundary: "package+dram"
  std::string calibration;  // which coefficients or counter
};

struct LedgerTenant {
  std::string tenant;
  Joules prefill{0}, decode{0};
  // Those that ended in the window, and all that they generated: sums over
  // windows count each once.
  int64_t requests = 0, output_tokens = 0;
};

struct LedgerWindow {
  int64_t number = 0;  // in its run; a missing one was lost
  int64_t count = 1;   // windows it is the sum of (ledger_merger.h)
  absl::Time start{}, end{};
  // Why nothing is known; empty: known. Unknown windows have no joules at all,
  // and a known one may start before unknown ones that it makes good.
  std::string unknown;
  Seconds lost{0};   // as EnergyWindow's
  double scale = 0;  // counter / model
  Joules prefill{0}, decode{0}, idle{0}, overhead{0};
  std::map<std::string, Joules> wasted;  // by reason; part of the above
  std::vector<LedgerTenant> tenants;     // by ascending name

  bool known() const { return unknown.empty(); }
  Joules sum() const { return prefill + decode + idle + overhead; }
};

// A window of the engine's clock that ended at `end` of the wall's.
LedgerWindow LedgerWindowOf(const EnergyWindow& window, int64_t number,
                            absl::Time end);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_LEDGER_ROWS_H_
