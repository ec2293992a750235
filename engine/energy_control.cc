#include "engine/energy_control.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mj {
namespace {

// The engine fills ten a second while it works, and one whenever it falls
// idle, which may be often: half full, the ring is emptied early.
constexpr size_t kRingSlots = 64;
constexpr std::chrono::seconds kPeriod(1);
// Shorter windows are all noise: counters move about once a millisecond, and
// slower ones must have moved twice.
constexpr Seconds kShortestWindow(0.1);
constexpr double kUpdatesPerWindow = 2;

// Of all that a record says was spent.
Joules SumOf(const StepRecord& record) {
  Joules sum = record.overhead;
  for (const RequestShare& share : record.shares) sum += share.energy;
  return sum;
}

}  // namespace

EnergyControl::EnergyControl(std::unique_ptr<EnergyMeter> meter,
                             const LedgerOptions& options,
                             const std::string& calibration, const Clock& clock,
                             std::unique_ptr<LedgerWriter> writer)
    : clock_(clock),
      given_(std::move(meter)),
      modelled_(given_
                    ? nullptr
                    : std::make_unique<ModelledMeter>(
                          clock, options.idle_power, calibration, calibration)),
      meter_(given_ ? *given_ : *modelled_),
      info_(meter_.info()),
      writer_(std::move(writer)),
      ring_(kRingSlots),
      known_until_(clock.Now().count()),
      window_start_(clock.Now()),
      ledger_(info_, options, meter_.Read(), window_start_) {
  thread_ = std::thread([this] { Loop(); });
}

EnergyControl::~EnergyControl() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  totals();  // closes the window that has begun
}

void EnergyControl::Loop() {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto woken = [&] { return stopping_ || half_full_.load(); };
  auto next_close = std::chrono::steady_clock::now() + kPeriod;
  for (;;) {
    const bool early = wake_.wait_until(lock, next_close, woken);
    if (stopping_) return;
    half_full_ = false;
    if (early) {
      Drain();
      continue;
    }
    CloseWindow();
    next_close = std::chrono::steady_clock::now() + kPeriod;
  }
}

bool EnergyControl::TryPush(StepRecord& record) {
  if (!ring_.TryPush(record)) return false;
  if (++num_pushed_ % (kRingSlots / 2) == 0) {
    half_full_ = true;
    wake_.notify_one();
  }
  return true;
}

void EnergyControl::Push(StepRecord& record) {
  constexpr std::chrono::milliseconds kPause{1};
  while (!TryPush(record)) {
    half_full_ = true;
    wake_.notify_one();
    std::this_thread::sleep_for(kPause);
  }
}

void EnergyControl::Drain() {
  while (ring_.TryPop(record_)) {
    if (modelled_) {
      modelled_->AddWork(SumOf(record_), record_.end - record_.start);
    }
    ledger_.Add(record_);
  }
}

void EnergyControl::CloseWindow() {
  Drain();
  const Seconds age = clock_.Now() - window_start_;
  const Seconds shortest =
      std::max(kShortestWindow, kUpdatesPerWindow * info_.update_period);
  if (age <= Seconds(0) || (given_ && age < shortest)) return;
  window_start_ = clock_.Now();
  const EnergyWindow window = ledger_.Close(meter_.Read(), window_start_);
  latest_ = window.status;
  if (window.known()) known_until_ = window_start_.count();
  if (writer_ != nullptr) writer_->Add(window);
  scale_.store(ledger_.scale().value_or(0), std::memory_order_relaxed);
  if (on_window_) on_window_(window);
}

void EnergyControl::OnWindow(std::function<void(const EnergyWindow&)> hook) {
  std::lock_guard<std::mutex> lock(mutex_);
  on_window_ = std::move(hook);
}

EnergyControl::Totals EnergyControl::totals() {
  std::lock_guard<std::mutex> lock(mutex_);
  CloseWindow();
  return {ledger_.totals(),
          latest_.ok(),
          std::string(latest_.message()),
          ledger_.unknown_time(),
          ledger_.tenant_totals(),
          ledger_.unknown_windows()};
}

}  // namespace mj
