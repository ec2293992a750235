// The control thread's half of accounting: reads the meter once a second,
// divides each window among the steps that ran in it, and knows the totals.
#ifndef MILLIJOULE_ENGINE_ENERGY_CONTROL_H_
#define MILLIJOULE_ENGINE_ENERGY_CONTROL_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/energy/ledger.h"
#include "engine/energy/ledger_writer.h"
#include "engine/energy/telemetry.h"
#include "hw_backends/clock.h"
#include "hw_backends/models/modelled_meter.h"

namespace mj {

class EnergyControl final {
 public:
  // Without a meter the steps' own modelled energy is the counter, named
  // after `calibration`. `clock` outlives the control. Each closed window goes
  // to `writer` too, unless it is null.
  EnergyControl(std::unique_ptr<EnergyMeter> meter,
                const LedgerOptions& options, const std::string& calibration,
                const Clock& clock,
                std::unique_ptr<LedgerWriter> writer = nullptr);
  ~EnergyControl();

  // Engine thread; as TelemetryRing.
  bool TryPush(StepRecord& record);
  // The same, but waits until the control thread has made room: for an engine
  // that would not come back to try again.
  void Push(StepRecord& record);

  // Any thread. Counter joules / modelled joules; absent while no window has
  // told it.
  std::optional<double> scale() const {
    const double scale = scale_.load(std::memory_order_relaxed);
    return scale > 0 ? std::optional(scale) : std::nullopt;
  }
  // Any thread. The end of the latest window whose energy is known.
  Seconds known_until() const {
    return Seconds(known_until_.load(std::memory_order_relaxed));
  }
  const MeterInfo& info() const { return info_; }
  LedgerWriter* writer() const { return writer_.get(); }  // any thread

  struct Totals {
    EnergyTotals energy;
    bool known = true;           // the latest window's
    std::string unknown_reason;  // why it is not
    Seconds unknown_time{0};     // of all windows that will never be known
    std::map<std::string, Joules> tenants{};
    int64_t unknown_windows = 0;
  };
  // Any thread. Closes the window first, unless it has only just begun.
  Totals totals();

  // Any thread. `hook` sees each window as it closes, under this control's
  // lock: it must be short and call nothing of it. Null: nobody looks.
  void OnWindow(std::function<void(const EnergyWindow&)> hook);

 private:
  void Loop();
  void Drain();        // the ring, into the ledger
  void CloseWindow();  // REQUIRES: mutex_ is held

  const Clock& clock_;
  const std::unique_ptr<EnergyMeter> given_;
  const std::unique_ptr<ModelledMeter> modelled_;  // where none was given
  EnergyMeter& meter_;                             // whichever there is
  const MeterInfo info_;
  const std::unique_ptr<LedgerWriter> writer_;
  TelemetryRing ring_;
  std::atomic<double> scale_{0};  // 0: unknown
  std::atomic<double> known_until_;
  uint64_t num_pushed_ = 0;  // the engine thread's own
  std::atomic<bool> half_full_{false};

  std::mutex mutex_;  // guards what follows, the meter and the ring's far end
  std::condition_variable wake_;
  bool stopping_ = false;
  absl::Status latest_;  // the latest window's
  std::function<void(const EnergyWindow&)> on_window_;
  Seconds window_start_;
  EnergyLedger ledger_;
  StepRecord record_;
  std::thread thread_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_CONTROL_H_
