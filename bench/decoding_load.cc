#include "bench/decoding_load.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/best_seconds.h"
#include "engine/schedule/plan_step.h"
#include "engine/step_batch.h"
#include "hw_backends/backend.h"

namespace mj {
namespace {

std::vector<TokenId> RandomIds(int count, std::mt19937& random) {
  std::vector<TokenId> ids(count);
  for (TokenId& id : ids) id = static_cast<TokenId>(random() % 100000);
  return ids;
}

// Room for every sequence with nothing shared, and for what ended ones leave.
int PoolBlocks(const DecodingLoadOptions& options) {
  return 2 * options.sequences * (options.blocks + 2);
}

template <class Work>
auto Timed(double& seconds, Work work) {
  const Stopwatch watch;
  auto result = work();
  seconds = watch.Seconds();
  return result;
}

}  // namespace

DecodingLoad::DecodingLoad(const DecodingLoadOptions& options,
                           std::unique_ptr<Tokenizer> tokenizer,
                           const StepCostModel& price)
    : options_(options),
      limits_{.max_num_seqs = options.sequences,
              .max_batched_tokens = PoolBlocks(options) * kBlockSize,
              .block_size = kBlockSize},
      tokenizer_(std::move(tokenizer)),
      price_(price),
      queues_(PoolBlocks(options), /*window=*/0),
      speculator_(Speculation::kOff, {}, {}, price_),
      beginning_(RandomIds(options.shared_blocks * kBlockSize, random_)) {}

absl::StatusOr<std::unique_ptr<DecodingLoad>> DecodingLoad::Create(
    const DecodingLoadOptions& options) {
  if (options.blocks - options.shared_blocks < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("a sequence of ", options.blocks, " blocks shares ",
                     options.shared_blocks, " of them; two must be its own"));
  }
  // Nobody reads the replies.
  auto tokenizer =
      Tokenizer::Make({.model = "llama", .tokens = {"<unk>"}, .scores = {0}});
  if (!tokenizer.ok()) return tokenizer.status();
  const auto cpus = CompiledCpuDescriptors();
  if (!cpus.ok()) return cpus.status();
  std::unique_ptr<DecodingLoad> load(new DecodingLoad(
      options, *std::move(tokenizer),
      StepCostModel({}, {}, ChooseDescriptor(*cpus, {}), {}, "f32")));
  if (options.prefix_cache) {
    absl::StatusOr<BlockHasher> hasher = BlockHasher::CreateSecret();
    if (!hasher.ok()) return hasher.status();
    load->queues_.ShareBeginnings(*std::move(hasher), {});
  }
  for (int i = 0; i < options.sequences; ++i) {
    load->queues_.Append(load->Make());
  }
  // The first computes the beginning, then the others what is their own; then
  // all decode, which makes the buffers.
  for (int i = 0; i < 3; ++i) load->RunStep();
  return load;
}

Sequence& DecodingLoad::Make() {
  const int own_blocks = options_.blocks - options_.shared_blocks;
  const int own = (own_blocks - 2) * kBlockSize + num_made_ % kBlockSize;
  ++num_made_;
  InFlight& request = *requests_.emplace_back(std::make_unique<InFlight>());
  std::vector<TokenId> prompt = beginning_;
  for (TokenId id : RandomIds(own, random_)) prompt.push_back(id);
  request.sequences.reserve(1);
  Sequence& s = request.sequences.emplace_back(
      request, std::move(prompt), StreamingDetokenizer(*tokenizer_),
      StopMatcher(MakeStopPatterns({}), false));
  s.max_tokens = s.num_tokens() + options_.sequences + kSteps + 2;
  request.request.wants_shadow = num_made_ <= options_.asking;
  return s;
}

StepSeconds DecodingLoad::Step() {
  double replacing = 0;
  if (options_.replace) {
    Sequence& next = Make();
    const Stopwatch watch;
    queues_.End(requests_.front()->sequences[0]);
    queues_.RemoveEnded();
    queues_.Append(next);
    replacing = watch.Seconds();
    requests_.pop_front();
  }
  StepSeconds seconds = RunStep();
  seconds.replace = replacing;
  return seconds;
}

StepSeconds DecodingLoad::RunStep() {
  StepSeconds seconds;
  const PlanInput input =
      Timed(seconds.snapshot, [&] { return queues_.Snapshot(limits_); });
  StepPlan plan = Timed(seconds.plan, [&] { return PlanStep(input); });
  Timed(seconds.drafts,
        [&] { return speculator_.AddDrafts(input, queues_, plan); });
  Timed(seconds.apply, [&] {
    std::vector<Sequence*> preempted = queues_.Apply(plan);
    if (queues_.reuse() != nullptr) queues_.reuse()->TakeShared();
    return preempted;
  });
  const StepBatch batch =
      Timed(seconds.batch, [&] { return MakeBatch(plan, queues_.running()); });
  Timed(seconds.commit, [&] {
    for (const PlannedRows& rows : plan.rows) {
      Sequence& s = *queues_.running()[rows.sequence];
      s.num_computed += rows.num_rows;
      queues_.NoteComputed(s);
    }
    return 0;
  });
  if (options_.shadow != nullptr) {
    Timed(seconds.shadow, [&] {
      options_.shadow->AddStep(batch);
      return 0;
    });
  }
  for (Sequence* s : queues_.running()) {
    if (s->num_computed == s->num_tokens()) s->tokens.push_back(0);
  }
  return seconds;
}

double DecodingLoad::shared_share() const {
  double shared = 0, all = 0;
  for (const Sequence* s : queues_.running()) {
    shared += s->blocks.NumShared(queues_.pool());
    all += s->blocks.size();
  }
  return shared / all;
}

}  // namespace mj
