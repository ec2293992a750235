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
// Short steps are told of ten times a second. A counter's window waits for
// those that take longer; one that seems not to end must not hide the counter.
constexpr Seconds kTellingLag(0.15), kPatience(30);
constexpr double kNever = std::numeric_limits<double>::infinity();

MeterInfo ModelInfo(const std::string& domain, const std::string& calibration) {
  return {.domain = domain,
          .method = EnergyMethod::kModelled,
          .source = calibration,
          .calibration = calibration};
}

}  // namespace

EnergyControl::EnergyControl(std::unique_ptr<EnergyMeter> meter,
                             const LedgerOptions& options,
                             const std::string& calibration, const Clock& clock,
                             std::unique_ptr<LedgerWriter> writer,
                             const std::string& domain)
    : clock_(clock),
      meter_(std::move(meter)),
      info_(meter_ ? meter_->info() : ModelInfo(domain, calibration)),
      writer_(std::move(writer)),
      ring_(kRingSlots),
      known_until_(clock.Now().count()),
      window_start_(clock.Now()),
      drained_until_(window_start_),
      ledger_(info_, options,
              meter_ ? meter_->Read() : EnergySample{.time = window_start_},
              window_start_) {
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
    if (early && !due_) {
      Drain();
      continue;
    }
    CloseWindow();
    next_close = std::chrono::steady_clock::now() + kPeriod;
  }
}

void EnergyControl::BeginStep(Seconds start) {
  if (told_until_.load(std::memory_order_relaxed) != kNever) return;
  told_until_.store(start.count(), std::memory_order_release);
}

bool EnergyControl::TryPush(StepRecord& record) {
  if (!ring_.TryPush(record)) return false;
  told_until_.store(kNever, std::memory_order_release);
  if (++num_pushed_ % (kRingSlots / 2) == 0 || due_.load()) {
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
    drained_until_ = std::max(drained_until_, record_.end);
    ledger_.Add(record_);
  }
}

void EnergyControl::CloseWindow() {
  // In this order: a record that comes in between is seen by Drain.
  const Seconds now = clock_.Now();
  const Seconds begun(told_until_.load(std::memory_order_acquire));
  Drain();
  const Seconds told = std::max(std::min(now, begun), drained_until_);
  due_ = now - told > kTellingLag;
  if (meter_ == nullptr) return CloseModelled(told);
  CloseCounted(now, told);
}

void EnergyControl::CloseCounted(Seconds now, Seconds told) {
  const Seconds age = now - window_start_;
  const Seconds shortest =
      std::max(kShortestWindow, kUpdatesPerWindow * info_.update_period);
  if (age < shortest) return;
  if (now - told > kTellingLag && age < kPatience) return;
  window_start_ = now;
  Publish(ledger_.Close(meter_->Read(), now));
}

void EnergyControl::CloseModelled(Seconds told) {
  if (told <= window_start_) return;
  window_start_ = told;
  Publish(ledger_.CloseModelled(told));
}

void EnergyControl::Publish(const EnergyWindow& window) {
  latest_ = window.status;
  if (window.known()) {
    known_until_ = window.end.count();
    known_time_ += window.end - window.start;
    if (footprint_of_) {
      footprint_ += footprint_of_(window, clock_.Now() - window.end);
    }
  }
  if (writer_ != nullptr) writer_->Add(window, clock_.Now() - window.end);
  scale_.store(ledger_.scale().value_or(0), std::memory_order_relaxed);
  if (on_window_) on_window_(window);
}

void EnergyControl::OnWindow(std::function<void(const EnergyWindow&)> hook) {
  std::lock_guard<std::mutex> lock(mutex_);
  on_window_ = std::move(hook);
}

void EnergyControl::PriceWindows(
    std::function<Footprint(const EnergyWindow&, Seconds)> footprint) {
  std::lock_guard<std::mutex> lock(mutex_);
  footprint_of_ = std::move(footprint);
}

EnergyControl::Totals EnergyControl::totals() {
  std::lock_guard<std::mutex> lock(mutex_);
  CloseWindow();
  return {ledger_.totals(),
          latest_.ok(),
          std::string(latest_.message()),
          ledger_.unknown_time(),
          ledger_.tenant_totals(),
          ledger_.unknown_windows(),
          known_time_,
          footprint_};
}

}  // namespace mj
