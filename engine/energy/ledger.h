// Windows of a meter, divided among requests, idle and overhead so that their
// sum equals the counter.
//
// Within a window the model's estimates give the proportions, the counter the
// sum: each estimate is multiplied by counter delta / sum of estimates. A
// reading that fails, or a counter that has not moved yet, makes its window
// "unknown", never 0: its estimates wait for the next good reading, whose
// window then covers both. They stay unknown for good where a reading cannot be
// true (less than before, or more than max_power allows), where there is none
// before it, or where none comes within max_gap.
//
// Without a counter the model is the meter: each window is known, its scale is
// 1, and the time in which no step ran is idle.
//
// A step belongs to the window in which it was added, waste to the window in
// which it turned out. In memory. Control thread only.
#ifndef MILLIJOULE_ENGINE_ENERGY_LEDGER_H_
#define MILLIJOULE_ENGINE_ENERGY_LEDGER_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/energy/telemetry.h"
#include "hw_backends/energy_meter.h"
#include "hw_backends/quantities.h"

namespace mj {

// Sums to which each window adds; they never decrease.
struct EnergyTotals {
  Joules prefill{0}, decode{0}, idle{0}, overhead{0};
  // Part of prefill and decode.
  std::array<Joules, kNumWasteReasons> wasted{};
  Joules sum() const { return prefill + decode + idle + overhead; }
};

struct RequestWindow {
  uint64_t request = 0;
  std::string tenant;
  Joules prefill{0}, decode{0};
};

// One closed window. Unknown windows carry no joules at all. A known window
// may start before unknown ones that it makes good.
struct EnergyWindow {
  absl::Status status;  // OK: known; else why it is unknown
  Seconds start{0}, end{0};
  // Of an unknown window: what is lost for good, of waiting windows before it
  // too. 0: it waits for the next good reading.
  Seconds lost{0};
  double scale = 0;  // counter delta / estimates
  // Known, but shorter than two of the counter's update periods: up to half of
  // its joules may belong to the windows beside it.
  bool low_confidence = false;
  Seconds busy{0};  // of it, in the steps whose energy it holds
  EnergyTotals energy;
  std::vector<RequestWindow> requests;  // by ascending id
  std::vector<EndedRequest> ended;      // whether known or not
  bool known() const { return status.ok(); }
};

struct LedgerOptions {
  Watts idle_power{0};   // the model's, for the time in which no step runs
  Watts max_power{1e4};  // a counter above it is wrong
  Seconds max_gap{60};
};

class EnergyLedger final {
 public:
  // `first` is the meter's reading at `now`; if it is an error, no window is
  // known before the second good reading.
  EnergyLedger(const MeterInfo& info, const LedgerOptions& options,
               const absl::StatusOr<EnergySample>& first, Seconds now);

  // The model's estimates of a step that ended in the current window.
  void Add(const StepRecord& record);
  // Ends the current window with a reading made at `now`.
  EnergyWindow Close(const absl::StatusOr<EnergySample>& reading, Seconds now);
  // The same where the model is the meter. REQUIRES: `until` is after the
  // window's start, and all steps that began before it have been added.
  EnergyWindow CloseModelled(Seconds until);

  // What millijoule_energy_joules_total{domain,phase,method} shows: known
  // windows only.
  const EnergyTotals& totals() const { return totals_; }
  const std::map<std::string, Joules>& tenant_totals() const {
    return tenants_;
  }
  const MeterInfo& info() const { return info_; }
  int64_t unknown_windows() const { return unknown_windows_; }
  // Time for which no energy is known and none will be.
  Seconds unknown_time() const { return unknown_time_; }
  // Counter / model over recent known windows of full confidence (each new one
  // weighs a fifth); absent before the first, and after a window that stayed
  // unknown. Always absent for a modelled meter: a model's own number needs no
  // correction, and a reply is `measured` only where this has a value.
  std::optional<double> scale() const { return scale_; }

 private:
  struct Estimates {
    EnergyTotals sums;  // idle is filled in when the window closes
    Seconds busy{0};
    std::map<uint64_t, RequestWindow> requests;
  };

  EnergyWindow Begin(Seconds end);
  absl::Status Check(const EnergySample& sample) const;
  // The pending estimates and idle power for what is left of `time`.
  EnergyTotals WithIdle(Seconds time) const;
  void Settle(const EnergySample& sample, EnergyWindow& window);
  // The pending estimates become the window's, times its scale.
  void Book(const EnergyTotals& energy, EnergyWindow& window);
  void UpdateScale(double newest);
  void Forget(Seconds now);

  MeterInfo info_;
  LedgerOptions options_;
  std::optional<EnergySample> last_;  // the last good reading
  Seconds window_start_;
  Estimates pending_;
  std::vector<EndedRequest> ended_;
  EnergyTotals totals_;
  std::map<std::string, Joules> tenants_;
  std::optional<double> scale_;
  int64_t unknown_windows_ = 0;
  Seconds unknown_time_{0};
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_LEDGER_H_
