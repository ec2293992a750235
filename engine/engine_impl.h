// What an engine consists of. engine.cc is its thread's work, step by step;
// engine_start.cc is what other threads call.
#ifndef MILLIJOULE_ENGINE_ENGINE_IMPL_H_
#define MILLIJOULE_ENGINE_ENGINE_IMPL_H_

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/admission.h"
#include "engine/energy_account.h"
#include "engine/engine.h"
#include "engine/inbox.h"
#include "engine/queues.h"
#include "engine/sample/sampler.h"
#include "engine/step_batch.h"

namespace mj {

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
  void PublishStats();

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

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENGINE_IMPL_H_
