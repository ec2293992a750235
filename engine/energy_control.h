// The control thread's half of accounting: reads the meter once a second,
// divides each window among the steps that ran in it, and knows the totals.
//
// A step's energy is told when it has ended, so no window ends inside a step: a
// modelled one ends where the steps that were not told of begin, and a counter
// is read when the step has been told of, unless it lasts for very long.
#ifndef MILLIJOULE_ENGINE_ENERGY_CONTROL_H_
#define MILLIJOULE_ENGINE_ENERGY_CONTROL_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/energy/footprint.h"
#include "engine/energy/ledger.h"
#include "engine/energy/ledger_writer.h"
#include "engine/energy/telemetry.h"
#include "hw_backends/clock.h"
#include "hw_backends/energy_meter.h"

namespace mj {

class EnergyControl final {
 public:
  // Without a meter the model is the meter, of `domain`, named after
  // `calibration`. `clock` outlives the control. Each closed window goes to
  // `writer` too, unless it is null.
  EnergyControl(std::unique_ptr<EnergyMeter> meter,
                const LedgerOptions& options, const std::string& calibration,
                const Clock& clock,
                std::unique_ptr<LedgerWriter> writer = nullptr,
                const std::string& domain = "package+dram");
  ~EnergyControl();

  // Engine thread. A step has begun that the next record will tell of.
  void BeginStep(Seconds start);
  // Engine thread; as TelemetryRing. REQUIRES: `record` tells of every step
  // that has begun.
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
    Seconds known_time{0};  // of all known windows: what `energy` covers
    Footprint footprint{};  // of `energy`
  };
  // Any thread. Closes the window first, unless it has only just begun or a
  // step is running that it must wait for. Never waits itself.
  Totals totals();

  // Any thread. `hook` sees each window as it closes, under this control's
  // lock: it must be short and call nothing of it. Null: nobody looks.
  void OnWindow(std::function<void(const EnergyWindow&)> hook);

  // Any thread. `footprint` tells what the joules of a known window mean that
  // ended so long ago, under the same lock; without, footprints stay 0.
  void PriceWindows(
      std::function<Footprint(const EnergyWindow&, Seconds ago)> footprint);

 private:
  void Loop();
  // REQUIRES: mutex_ is held
  void Drain();  // the ring, into the ledger
  void CloseWindow();
  void CloseCounted(Seconds now, Seconds told);
  void CloseModelled(Seconds told);
  void Publish(const EnergyWindow& window);

  const Clock& clock_;
  const std::unique_ptr<EnergyMeter> meter_;  // null: the model
  const MeterInfo info_;
  const std::unique_ptr<LedgerWriter> writer_;
  TelemetryRing ring_;
  std::atomic<double> scale_{0};  // 0: unknown
  std::atomic<double> known_until_;
  uint64_t num_pushed_ = 0;  // the engine thread's own
  std::atomic<bool> half_full_{false};
  // The start of the first step that no record has told of.
  std::atomic<double> told_until_{std::numeric_limits<double>::infinity()};
  std::atomic<bool> due_{false};  // a window, as soon as a record comes

  std::mutex mutex_;  // guards what follows, the meter and the ring's far end
  std::condition_variable wake_;
  bool stopping_ = false;
  absl::Status latest_;  // the latest window's
  std::function<void(const EnergyWindow&)> on_window_;
  std::function<Footprint(const EnergyWindow&, Seconds)> footprint_of_;
  Footprint footprint_;
  Seconds window_start_;
  Seconds drained_until_;  // the end of the latest record
  Seconds known_time_{0};
  EnergyLedger ledger_;
  StepRecord record_;
  std::thread thread_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_CONTROL_H_
