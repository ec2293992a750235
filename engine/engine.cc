#include "engine/engine.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "engine/admission.h"
#include "engine/capacity.h"
#include "engine/energy_account.h"
#include "engine/inbox.h"
#include "engine/queues.h"
#include "engine/reply.h"
#include "engine/sample/random.h"
#include "engine/step_batch.h"

namespace mj {
namespace {

// Why a request ends before it is done; OK: it goes on.
absl::Status EndCause(const InFlight& r, Seconds now) {
  if (r.channel->cancelled()) {
    return absl::CancelledError("the client has gone");
  }
  if (r.deadline && now >= *r.deadline) {
    return absl::DeadlineExceededError(
        absl::StrCat("not finished within the timeout of ",
                     r.request.timeout->count(), " seconds"));
  }
  return absl::OkStatus();
}

}  // namespace

struct Engine::Impl {
  Impl(const EngineOptions& options, std::unique_ptr<LoadedModel> model,
       int num_blocks, const Clock& clock, EnergySetup energy);

  // Any thread.
  uint64_t DrawSeed();
  EngineStats Stats();

  // The engine thread.
  void Loop();
  void Step();
  void TakeInbox();
  void EndLapsed(Seconds now);
  StepBatch Schedule(Seconds now);
  StepReport Run(const StepBatch& batch, StepTimes& times);
  void Commit(const StepBatch& batch, Seconds now);
  void Advance(Sequence& s, int num_rows, Seconds now);
  void Tell(Sequence& s, Delta delta, Seconds now);
  void End(InFlight& request, absl::Status status, Seconds now, Delta delta);
  void Finish(Seconds now);
  void Forget();
  void PublishStats(Seconds now);

  const EngineOptions options;
  const std::unique_ptr<LoadedModel> model;
  const Clock& clock;
  const ScheduleLimits limits;
  const AdmissionLimits admission;
  const std::array<uint32_t, 2> seed_key;  // of seeds that are drawn
  std::atomic<uint64_t> num_submitted{0};
  Inbox inbox;
  EnergyAccount energy;

  // The engine thread's own.
  std::vector<std::unique_ptr<InFlight>> requests;
  Queues queues;
  Sampler sampler;
  EngineStats counted;
  uint64_t num_taken = 0;
  bool some_ended = false;
  std::vector<std::pair<std::shared_ptr<ResponseChannel>, Delta>> farewells;

  mutable std::mutex stats_mutex;
  EngineStats published;
  std::thread thread;
};

Engine::Impl::Impl(const EngineOptions& opts,
                   std::unique_ptr<LoadedModel> loaded, int num_blocks,
                   const Clock& clk, EnergySetup setup)
    : options(opts),
      model(std::move(loaded)),
      clock(clk),
      limits{opts.max_num_seqs, opts.max_batched_tokens, kBlockSize},
      admission{opts.max_model_len, num_blocks * kBlockSize,
                model->config.vocab},
      seed_key{std::random_device()(), std::random_device()()},
      inbox(opts.max_queue),
      energy(std::move(setup), model->shape, model->backend->info(), clk),
      queues(num_blocks) {
  PublishStats(clock.Now());
  thread = std::thread([this] { Loop(); });
}

uint64_t Engine::Impl::DrawSeed() {
  const uint64_t n = num_submitted.fetch_add(1);
  const auto bits =
      Philox({static_cast<uint32_t>(n), static_cast<uint32_t>(n >> 32), 0, 0},
             seed_key);
  return uint64_t{bits[0]} << 32 | bits[1];
}

void Engine::Impl::Loop() {
  while (inbox.Wait(/*has_work=*/!requests.empty())) Step();
  const Seconds now = clock.Now();
  TakeInbox();
  for (auto& request : requests) {
    End(*request, absl::CancelledError("the server is shutting down"), now, {});
  }
  Finish(now);
}

void Engine::Impl::Step() {
  StepTimes times{.start = clock.Now()};
  TakeInbox();
  EndLapsed(times.start);
  const StepBatch batch = Schedule(times.start);
  if (!batch.sequences.empty()) {
    const StepReport report = Run(batch, times);
    times.end = clock.Now();
    energy.AddStep(batch, report, times);
    Commit(batch, times.end);
  }
  Finish(clock.Now());
}

void Engine::Impl::Finish(Seconds now) {
  Forget();
  energy.Flush(now, requests.empty());
  PublishStats(now);
  // Last, so that whoever has a whole reply finds it in the stats, and an idle
  // engine has answered everyone.
  for (auto& [channel, delta] : farewells) {
    channel->Push(std::move(delta));
    inbox.NoteEnded();
  }
  farewells.clear();
}

void Engine::Impl::TakeInbox() {
  for (std::unique_ptr<InFlight>& request : inbox.TakeAll()) {
    request->number = ++num_taken;
    if (request->request.timeout) {
      request->deadline = request->submitted + *request->request.timeout;
    }
    for (Sequence& s : request->sequences) queues.Append(s);
    requests.push_back(std::move(request));
  }
}

void Engine::Impl::EndLapsed(Seconds now) {
  for (auto& request : requests) {
    absl::Status cause = EndCause(*request, now);
    if (!cause.ok()) End(*request, std::move(cause), now, {});
  }
  Forget();
}

StepBatch Engine::Impl::Schedule(Seconds now) {
  const StepPlan plan = PlanStep(queues.Snapshot(limits));
  for (Sequence* s : queues.Apply(plan)) {
    ++counted.preemptions;
    ++s->request->timings.num_preemptions;
  }
  StepBatch batch = MakeBatch(plan, queues.running());
  for (Sequence* s : batch.sequences) {
    if (std::exchange(s->request->started, true)) continue;
    s->request->timings.queued = now - s->request->submitted;
    inbox.NoteStarted();
  }
  return batch;
}

StepReport Engine::Impl::Run(const StepBatch& batch, StepTimes& times) {
  Seconds sampling{0};
  const Seconds start = clock.Now();
  const StepOutcome outcome = model->runner->Run(
      batch.forward, [&](int i, std::span<const float> logits) {
        const Seconds before = clock.Now();
        TakeLogits(batch.uses[i], logits, sampler);
        sampling += clock.Now() - before;
      });
  times.run = clock.Now() - start - sampling;
  ++counted.steps;
  return outcome.report;
}

void Engine::Impl::Commit(const StepBatch& batch, Seconds now) {
  for (size_t i = 0; i < batch.sequences.size(); ++i) {
    // An earlier choice's failure may have ended the whole request.
    if (batch.sequences[i]->ended) continue;
    Advance(*batch.sequences[i], batch.forward.sequences[i].num_rows, now);
  }
}

void Engine::Impl::Advance(Sequence& s, int num_rows, Seconds now) {
  const int last = s.num_computed + num_rows;
  const int again =
      std::clamp(s.num_recomputed_until - s.num_computed, 0, num_rows);
  counted.recomputed_tokens += again;
  if (again < num_rows) {
    const int first_new = s.num_computed + again;
    counted.prompt_tokens +=
        std::max(0, std::min(last, s.num_prompt) - first_new);
  }
  s.num_computed = last;
  if (!s.failure.ok()) return End(*s.request, s.failure, now, {});
  if (last < s.num_tokens()) return;
  if (!s.generates()) return Tell(s, TakeScoredPrompt(s), now);
  if (!s.sampled) {
    return End(*s.request, absl::InternalError("the model gave no logits"), now,
               {});
  }
  ++counted.generated_tokens;
  ++s.request->usage.completion_tokens;
  Tell(s, TakeToken(s, *model->tokenizer), now);
}

void Engine::Impl::Tell(Sequence& s, Delta delta, Seconds now) {
  InFlight& request = *s.request;
  RequestTimings& timings = request.timings;
  if (!delta.tokens.empty() && timings.first_token == Seconds(0)) {
    timings.first_token = now - request.submitted;
  }
  if (!delta.finish_reason) return request.channel->Push(std::move(delta));
  queues.End(s);
  some_ended = true;
  if (--request.num_open == 0) {
    return End(request, absl::OkStatus(), now, std::move(delta));
  }
  request.channel->Push(std::move(delta));
}

void Engine::Impl::End(InFlight& request, absl::Status status, Seconds now,
                       Delta delta) {
  for (Sequence& s : request.sequences) queues.End(s);
  some_ended = true;
  if (!request.started) inbox.NoteStarted();
  energy.End(request, /*aborted=*/!status.ok());
  request.timings.finished = now - request.submitted;
  request.usage.energy = energy.Report(request);
  delta.last = true;
  delta.status = std::move(status);
  delta.usage = request.usage;
  delta.timings = request.timings;
  request.num_open = 0;
  farewells.emplace_back(std::move(request.channel), std::move(delta));
}

void Engine::Impl::Forget() {
  if (!std::exchange(some_ended, false)) return;
  queues.RemoveEnded();
  std::erase_if(requests,
                [](const auto& request) { return request->num_open == 0; });
}

void Engine::Impl::PublishStats(Seconds now) {
  counted.running = static_cast<int>(queues.running().size());
  counted.waiting = queues.num_waiting();
  counted.kv_blocks_total = queues.pool().num_blocks();
  counted.kv_blocks_used = counted.kv_blocks_total - queues.pool().num_free();
  counted.last_progress = now;
  std::lock_guard<std::mutex> lock(stats_mutex);
  published = counted;
}

EngineStats Engine::Impl::Stats() {
  const EnergyControl::Totals totals = energy.control().totals();
  const MeterInfo& meter = energy.control().info();
  EngineStats stats;
  {
    std::lock_guard<std::mutex> lock(stats_mutex);
    stats = published;
  }
  const auto wasted = [&](WasteReason reason) {
    return totals.energy.wasted[static_cast<size_t>(reason)];
  };
  stats.prefill = totals.energy.prefill;
  stats.decode = totals.energy.decode;
  stats.idle = totals.energy.idle;
  stats.overhead = totals.energy.overhead;
  stats.wasted_aborted = wasted(WasteReason::kAborted);
  stats.wasted_preempted = wasted(WasteReason::kPreempted);
  stats.energy_domain = meter.domain;
  stats.energy_method = EnergyMethodName(meter.method);
  stats.energy_known = totals.known;
  return stats;
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(
    const EngineOptions& options, std::unique_ptr<LoadedModel> model,
    const Clock& clock, EnergySetup energy) {
  const absl::StatusOr<Capacity> capacity = PlanCapacity(options, *model);
  if (!capacity.ok()) return capacity.status();
  absl::Status taken =
      model->backend->AllocateKv(model->kv_shape, capacity->num_blocks);
  if (!taken.ok()) return taken;
  return absl::WrapUnique(new Engine(
      std::make_unique<Impl>(capacity->options, std::move(model),
                             capacity->num_blocks, clock, std::move(energy))));
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(
    const EngineOptions& options, std::unique_ptr<LoadedModel> model,
    const Clock& clock) {
  absl::StatusOr<EnergySetup> energy =
      GenericEnergySetup(model->backend->info());
  if (!energy.ok()) return energy.status();
  return Start(options, std::move(model), clock, *std::move(energy));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() {
  impl_->inbox.Close();
  impl_->thread.join();
}

absl::StatusOr<std::shared_ptr<ResponseChannel>> Engine::Submit(
    Request request, std::function<void()> on_ready) {
  const Seconds now = impl_->clock.Now();
  absl::StatusOr<std::unique_ptr<InFlight>> admitted =
      Admit(std::move(request), *impl_->model->tokenizer, impl_->admission,
            impl_->DrawSeed());
  if (!admitted.ok()) return admitted.status();
  auto channel = std::make_shared<ResponseChannel>(std::move(on_ready));
  (*admitted)->channel = channel;
  (*admitted)->submitted = now;
  absl::Status status = impl_->inbox.Push(*std::move(admitted));
  if (!status.ok()) return status;
  return channel;
}

void Engine::Drain() { impl_->inbox.Drain(); }
bool Engine::idle() const { return impl_->inbox.num_in_flight() == 0; }
const LoadedModel& Engine::model() const { return *impl_->model; }
const EngineOptions& Engine::options() const { return impl_->options; }
EngineStats Engine::stats() const { return impl_->Stats(); }

}  // namespace mj
