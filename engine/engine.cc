#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/engine_impl.h"
#include "engine/reply.h"
#include "engine/request/request_error.h"
#include "engine/request/slo.h"

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

void Count(SloOutcome outcome, SloCount& count) {
  if (outcome == SloOutcome::kAttained) ++count.attained;
  if (outcome == SloOutcome::kMissed) ++count.missed;
}

}  // namespace

void Engine::Impl::Loop() {
  while (inbox.Wait(HasWork(), LongestSleep())) {
    if (!PauseIfDue()) Step();
  }
  const Seconds now = clock.Now();
  TakeInbox();
  for (auto& request : requests) {
    End(*request, absl::CancelledError("the server is shutting down"), now, {});
  }
  Finish(now);
}

// Shorter pauses than the kernel sleeps precisely are saved up; longer ones
// are cut, for requests that come and go meanwhile.
bool Engine::Impl::PauseIfDue() {
  constexpr Seconds kShortest(0.002), kLongest(0.1);
  const Seconds left = next_step - clock.Now();
  if (left < kShortest || !HasWork()) return false;
  inbox.Pause(std::min(left, kLongest));
  TakeInbox();
  EndLapsed(clock.Now());
  Finish(clock.Now());
  return true;
}

void Engine::Impl::Step() {
  StepTimes times{.start = clock.Now()};
  TakeInbox();
  EndLapsed(times.start);
  ReleaseHeld(times.start);
  const PlanInput input = queues.Snapshot(limits.Load().schedule);
  StepPlan plan = PlanStep(input);
  if (WaitsForCompany(plan, times)) return Finish(clock.Now());
  const bool drafts = speculator.AddDrafts(input, queues, plan);
  if (governor && drafts) governor->NoteDrafts(plan, queues);
  if (governor) governor->NoteStart();
  if (!plan.rows.empty()) energy.BeginStep(times.start);
  StepBatch batch = Schedule(plan, times);
  if (!batch.sequences.empty()) {
    PublishStats();  // a step may last: what is queued shows meanwhile
    const StepReport report = Run(batch, times);
    times.end = clock.Now();
    if (governor) times.slowdown = governor->ClockSlowdown();
    const std::optional<Joules> spent = energy.AddStep(
        batch, report, times, governor ? governor->ClockScale() : 1);
    // A step that some left early teaches nothing about whole ones.
    const bool whole = batch.num_left == 0;
    if (governor && whole) {
      governor->NoteEnd(times.end - times.start - times.drafting, spent);
    }
    next_step = std::max(next_step, times.start) +
                (times.end - times.start) / limits.Load().busy_share;
    const size_t num_farewells = farewells.size();
    Commit(batch, times.end);
    AddShadow(batch, num_farewells);
    if (whole) {
      speculator.NoteStep(clock, static_cast<int>(batch.forward.tokens.size()),
                          times.end - times.start - times.drafting,
                          times.drafting);
    }
  }
  Finish(clock.Now());
}

void Engine::Impl::Finish(Seconds now) {
  Forget();
  energy.Flush(now, /*idle=*/!HasWork());
  ++counted.progress;
  PublishStats();
  // Last, so that whoever has a whole reply finds it in the stats, and an idle
  // engine has answered everyone.
  for (Farewell& last : farewells) {
    last.channel->Push(std::move(last.delta));
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
    if (governor) governor->NoteArrival(*request, queues);
    if (!Hold(*request, clock.Now())) {
      for (Sequence& s : request->sequences) queues.Append(s);
    }
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

StepBatch Engine::Impl::Schedule(StepPlan& plan, StepTimes& times) {
  for (Sequence* s : queues.Apply(plan)) {
    ++counted.preemptions;
    ++s->request->timings.num_preemptions;
    speculator.Forget(*s);
  }
  for (const BlockCopy& copy : queues.copies()) {
    model->backend->CopyKvBlock(copy.from, copy.to);
  }
  CountShared();
  times.drafting = speculator.ComputeDrafts(
      clock,
      [this](std::span<Sequence* const> sequences, const StepShape& shape,
             const StepCostModel& price) {
        energy.AddDrafting(sequences, shape, price,
                           governor ? governor->ClockScale() : 1);
      },
      plan);
  StepBatch batch = MakeBatch(plan, queues.running());
  batch.forward.tap = speculator.Watch(batch);
  for (Sequence* s : batch.sequences) {
    if (std::exchange(s->request->started, true)) continue;
    // Submitted after the step began, it did not wait.
    s->request->timings.queued =
        std::max(Seconds(0), times.start - s->request->submitted);
    inbox.NoteStarted(*s->request);
  }
  return batch;
}

void Engine::Impl::CountShared() {
  if (queues.reuse() == nullptr) return;
  for (const SharedTokens& tokens : queues.reuse()->TakeShared()) {
    counted.prompt_tokens += tokens.count;
    counted.shared_prompt_tokens += tokens.count;
    counted.saved_prefix += energy.PriceOf(tokens);
  }
}

StepReport Engine::Impl::Run(StepBatch& batch, StepTimes& times) {
  Seconds sampling{0};
  const Seconds start = clock.Now();
  if (!batch.hidden.rows.empty()) batch.forward.hidden = &batch.hidden;
  const auto sink = [&](int i, const RowLogits& logits) {
    const Seconds before = clock.Now();
    TakeLogits(batch.uses[i], logits, sampler);
    sampling += clock.Now() - before;
  };
  const StepOutcome outcome = depth ? depth->Run(CapBinds(), sink, batch)
                                    : model->runner->Run(batch.forward, sink);
  times.run = clock.Now() - start - sampling;
  TakeHidden(batch);
  ++counted.steps;
  return outcome.report;
}

void Engine::Impl::Commit(const StepBatch& batch, Seconds now) {
  for (size_t i = 0; i < batch.sequences.size(); ++i) {
    // An earlier choice's failure may have ended the whole request.
    if (batch.sequences[i]->ended) continue;
    Advance(*batch.sequences[i], batch.forward.sequences[i].num_rows, now);
  }
  EndSpent(batch, now);
}

// Who ends with this step, after `num_farewells` others, is told what it cost.
void Engine::Impl::AddShadow(const StepBatch& batch, size_t num_farewells) {
  shadow.AddStep(batch);
  for (Farewell& last : std::span(farewells).subspan(num_farewells)) {
    last.delta.usage.energy.shadow = ShadowAccount::Report(*last.request);
  }
}

void Engine::Impl::EndSpent(const StepBatch& batch, Seconds now) {
  for (Sequence* ran : batch.sequences) {
    InFlight& request = *ran->request;
    if (request.num_open == 0 || !energy.IsSpent(request)) continue;
    ++counted.energy_stops;
    if (request.request.task == Task::kEmbed) {  // there is no half of one
      End(request,
          RequestError("energy.max_joules",
                       "spent before the prompt's embedding was computed"),
          now, {});
      continue;
    }
    for (Sequence& s : request.sequences) {
      if (!s.ended) Tell(s, TakeRest(s, FinishReason::kEnergy), now);
    }
  }
}

void Engine::Impl::Advance(Sequence& s, int num_rows, Seconds now) {
  num_rows -= static_cast<int>(s.draft.size());
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
  queues.NoteComputed(s);
  if (!s.failure.ok()) return End(*s.request, s.failure, now, {});
  if (last < s.num_tokens()) return;
  if (s.embeds()) return TellEmbedding(s, now);
  if (!s.generates()) return Tell(s, TakeScoredPrompt(s), now);
  if (s.sampled.empty()) {
    return End(*s.request, absl::InternalError("the model gave no logits"), now,
               {});
  }
  // What costs all by its prompt alone gets no token; EndSpent ends it.
  if (s.num_generated() == 0 && energy.IsSpent(*s.request)) return;
  TakeSampled(s, now);
}

void Engine::Impl::TellEmbedding(Sequence& s, Seconds now) {
  absl::StatusOr<Delta> delta = TakeEmbedding(s);
  if (!delta.ok()) return End(*s.request, delta.status(), now, {});
  Tell(s, *std::move(delta), now);
}

void Engine::Impl::TakeSampled(Sequence& s, Seconds now) {
  const auto drafted = static_cast<int>(s.draft.size());
  Delta delta = TakeTokens(s, *model->tokenizer);
  const auto taken = static_cast<int>(delta.tokens.size());
  counted.generated_tokens += taken;
  Usage& usage = s.request->usage;
  usage.completion_tokens += taken;
  speculator.NoteTaken(s, taken, delta.finish_reason.has_value());
  if (depth) depth->NoteTaken(s, taken);
  if (drafted > 0) {
    // Those that came true have been computed in this step.
    const int accepted = taken - 1;
    usage.drafted_tokens += drafted;
    usage.accepted_tokens += accepted;
    energy.NoteRejected(s, drafted - accepted);
    s.draft.clear();
    s.num_computed += accepted;
    queues.NoteComputed(s);
  }
  Tell(s, std::move(delta), now);
}

void Engine::Impl::Tell(Sequence& s, Delta delta, Seconds now) {
  InFlight& request = *s.request;
  RequestTimings& timings = request.timings;
  if (!delta.tokens.empty() && timings.first_token == Seconds(0)) {
    timings.first_token = now - request.submitted;
    if (governor) governor->NoteFirstToken(request);
  }
  if (!delta.finish_reason) return request.channel->Push(std::move(delta));
  EndSequence(s);
  if (--request.num_open == 0) {
    return End(request, absl::OkStatus(), now, std::move(delta));
  }
  request.channel->Push(std::move(delta));
}

void Engine::Impl::EndSequence(Sequence& s) {
  queues.End(s);
  speculator.Forget(s);
  some_ended = true;
}

void Engine::Impl::End(InFlight& request, absl::Status status, Seconds now,
                       Delta delta) {
  for (Sequence& s : request.sequences) EndSequence(s);
  if (!request.started) inbox.NoteStarted(request);
  NoteReleased(request, now);
  const bool told_nothing = delta.finish_reason == FinishReason::kEnergy &&
                            request.usage.completion_tokens == 0;
  energy.End(request, /*aborted=*/!status.ok() || told_nothing);
  request.timings.finished = now - request.submitted;
  if (governor && status.ok()) governor->NoteReply(request);
  request.usage.energy = energy.Report(request);
  request.usage.energy.shadow = ShadowAccount::Report(request);
  delta.last = true;
  delta.status = std::move(status);
  delta.usage = request.usage;
  delta.timings = request.timings;
  CountSlo(request, delta);
  request.num_open = 0;
  farewells.push_back({std::move(request.channel), std::move(delta), &request});
}

void Engine::Impl::CountSlo(const InFlight& request, const Delta& last) {
  const SloOutcomes outcomes =
      JudgeSlo(request.request.slo, last, request.request.num_choices);
  Count(outcomes.ttft, counted.slo_ttft);
  Count(outcomes.tpot, counted.slo_tpot);
}

void Engine::Impl::Forget() {
  if (!std::exchange(some_ended, false)) return;
  queues.RemoveEnded();
  std::erase_if(requests,
                [](const auto& request) { return request->num_open == 0; });
}

void Engine::Impl::PublishStats() {
  counted.running = static_cast<int>(queues.running().size());
  counted.waiting = queues.num_waiting();
  counted.held = num_held;
  counted.kv_blocks_total = queues.pool().num_blocks();
  counted.kv_blocks_used = counted.kv_blocks_total - queues.pool().num_free();
  counted.kv_blocks_idle = queues.pool().num_idle();
  if (queues.reuse() != nullptr) counted.prefix = queues.reuse()->stats();
  counted.speculation = speculator.stats();
  counted.shadow = shadow.stats();
  counted.device = energy.device();
  if (depth) counted.depth = depth->stats();
  if (governor) counted.governor = governor->stats();
  std::lock_guard<std::mutex> lock(stats_mutex);
  published = counted;
}

}  // namespace mj
