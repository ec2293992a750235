#include "bench/load/run_load.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cmath>
#include <csignal>
#include <memory>
#include <utility>

#include "bench/cpu_seconds.h"
#include "hw_backends/clock.h"

namespace mj {
namespace {

namespace asio = boost::asio;

Seconds WallClock() {
  return std::chrono::system_clock::now().time_since_epoch();
}

// The parts of a reply that a record keeps.
void TakeReply(const Reply& reply, Seconds start, RequestRecord& record) {
  record.sent = reply.sent - start;
  record.finished = reply.finished - start;
  record.error = reply.error;
  record.text_events = static_cast<int>(reply.text_times.size());
  record.output_tokens = record.text_events;
  if (!reply.text_times.empty()) {
    record.first_text = reply.text_times.front() - start;
    record.last_text = reply.text_times.back() - start;
  }
  for (size_t i = 1; i < reply.text_times.size(); ++i) {
    record.longest_gap = std::max(
        record.longest_gap, reply.text_times[i] - reply.text_times[i - 1]);
  }
  if (!reply.usage) return;
  record.has_usage = true;
  record.prompt_tokens = reply.usage->prompt_tokens;
  record.output_tokens = reply.usage->output_tokens;
  record.cached_tokens = reply.usage->cached_tokens;
  record.joules = reply.usage->joules;
}

class LoadLoop final {
 public:
  LoadLoop(const LoadPlan& plan, const LoadOptions& options,
           const MakeTransport& make_transport)
      : plan_(plan),
        options_(options),
        transport_(make_transport(context_)),
        due_timer_(context_),
        tick_timer_(context_),
        signals_(context_, SIGINT, SIGTERM) {}

  LoadRun Run();

 private:
  bool open_loop() const { return plan_.concurrency == 0; }
  Seconds Now() const { return clock_.Now() - start_; }
  // No request may start any more.
  bool IsOver() const;
  void SendDue();  // open loop: all that are due, then waits for the next
  void SendNow() { Send(Now()); }
  void SendLater();  // after a failure
  void Send(Seconds due);
  void Finish(size_t record, const Reply& reply);
  void StopIfDone();
  void Interrupt();
  void Tick();
  void ReportProgress();

  static constexpr std::chrono::milliseconds kTick{50};
  // A server that refuses at once is not asked thousands of times a second.
  static constexpr std::chrono::milliseconds kPause{10};
  static constexpr Seconds kLongestWait{3600};

  const LoadPlan& plan_;
  const LoadOptions& options_;
  const SteadyClock clock_;
  asio::io_context context_{1};
  std::unique_ptr<Transport> transport_;
  asio::steady_timer due_timer_, tick_timer_;
  asio::signal_set signals_;
  Seconds start_{0}, last_tick_{0}, last_report_{0};
  LoadRun run_;
  int in_flight_ = 0;
  Progress progress_;
  int64_t parts_reported_ = 0;
};

LoadRun LoadLoop::Run() {
  const double cpu = CpuSeconds();
  start_ = clock_.Now();
  const Seconds wall_clock = WallClock();
  if (open_loop()) run_.end = plan_.end;
  signals_.async_wait([this](const auto& error, int) {
    if (!error) Interrupt();
  });
  const auto guard = asio::make_work_guard(context_);
  Tick();
  if (open_loop()) {
    SendDue();
  } else {
    for (int i = 0; i < plan_.concurrency && !IsOver(); ++i) SendNow();
  }
  StopIfDone();
  context_.run();
  run_.wall = Now();
  run_.wall_clock_jump = WallClock() - wall_clock - run_.wall;
  run_.cpu_seconds = CpuSeconds() - cpu;
  run_.reconnects = transport_->reconnects();
  return std::move(run_);
}

bool LoadLoop::IsOver() const {
  if (run_.interrupted) return true;
  const auto sent = std::ssize(run_.records);
  if (open_loop()) return sent >= std::ssize(plan_.due);
  if (plan_.requests > 0 && sent >= plan_.requests) return true;
  return plan_.duration && Now() >= *plan_.duration;
}

void LoadLoop::SendDue() {
  while (!IsOver() && plan_.due[run_.records.size()] <= Now()) {
    Send(plan_.due[run_.records.size()]);
  }
  if (IsOver()) return;
  // No longer than a clock of nanoseconds can tell.
  const Seconds next =
      start_ + std::min(plan_.due[run_.records.size()], Now() + kLongestWait);
  using TimePoint = asio::steady_timer::time_point;
  due_timer_.expires_at(
      TimePoint(std::chrono::duration_cast<TimePoint::duration>(next)));
  due_timer_.async_wait([this](auto) { SendDue(); });
}

void LoadLoop::Send(Seconds due) {
  const auto place = run_.records.size();
  const int index = static_cast<int>(place);
  const LoadPlan::Lengths lengths = plan_.LengthsOf(index);
  run_.records.push_back({.index = index,
                          .counted = plan_.Counts(index, due),
                          .due = due,
                          .in_flight = ++in_flight_,
                          .asked_tokens = lengths.output_tokens});
  ++progress_.sent;
  const auto& prompts = options_.prompts;
  transport_->Start(
      prompts.empty() ? Prompt{.text = MadeUpPrompt(plan_.seed, index,
                                                    lengths.prompt_tokens)}
                      : prompts[place % prompts.size()],
      lengths.output_tokens,
      [this, place](const Reply& reply) { Finish(place, reply); });
}

void LoadLoop::Finish(size_t place, const Reply& reply) {
  --in_flight_;
  RequestRecord& record = run_.records[place];
  TakeReply(reply, start_, record);
  if (run_.interrupted && !record.succeeded()) {
    record.error = "interrupted";
    record.counted = false;
  }
  for (Seconds time : reply.text_times) run_.timeline.Add(time - start_);
  if (reply.usage && reply.usage->joules) {
    run_.energy_methods.insert(reply.usage->energy_method);
  }
  ++progress_.finished;
  const bool failed = !record.succeeded();
  if (failed) ++progress_.failed;
  if (!open_loop() && !IsOver()) {
    if (failed) {
      SendLater();
    } else {
      SendNow();
    }
  }
  StopIfDone();
}

void LoadLoop::SendLater() {
  auto timer = std::make_shared<asio::steady_timer>(context_, kPause);
  timer->async_wait([this, timer](auto) {
    if (!IsOver()) SendNow();
    StopIfDone();
  });
}

void LoadLoop::StopIfDone() {
  if (in_flight_ == 0 && IsOver()) context_.stop();
}

void LoadLoop::Interrupt() {
  run_.interrupted = true;
  if (run_.end) run_.end = std::min(*run_.end, Now());
  due_timer_.cancel();
  signals_.clear();  // the next one ends the program
  transport_->Cancel();
  StopIfDone();
}

// Late ticks are this program's own stalls: what it then measures is its own.
void LoadLoop::Tick() {
  const Seconds now = Now();
  run_.longest_stall =
      std::max(run_.longest_stall, now - last_tick_ - Seconds(kTick));
  last_tick_ = now;
  ReportProgress();
  tick_timer_.expires_after(kTick);
  tick_timer_.async_wait([this](auto) { Tick(); });
}

void LoadLoop::ReportProgress() {
  const Seconds now = Now();
  const Seconds since = now - last_report_;
  if (!options_.on_progress || since < Seconds(1)) return;
  progress_.elapsed = now;
  const int64_t parts = transport_->parts();
  progress_.parts_per_second =
      static_cast<double>(parts - parts_reported_) / since.count();
  parts_reported_ = parts;
  last_report_ = now;
  options_.on_progress(progress_);
}

}  // namespace

LoadRun RunLoad(const LoadPlan& plan, const LoadOptions& options,
                const MakeTransport& make_transport) {
  return LoadLoop(plan, options, make_transport).Run();
}

}  // namespace mj
