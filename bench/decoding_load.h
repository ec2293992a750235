// Sequences that decode without a model, through the engine's own queues and
// plans: what a step costs beside the model.
#ifndef MILLIJOULE_BENCH_DECODING_LOAD_H_
#define MILLIJOULE_BENCH_DECODING_LOAD_H_

#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/queues.h"
#include "engine/request/sequence.h"
#include "engine/shadow_account.h"
#include "engine/speculator.h"
#include "engine/text/tokenizer.h"
#include "hw_backends/models/step_cost_model.h"

namespace mj {

struct DecodingLoadOptions {
  int sequences = 256;
  int blocks = 20;         // of a sequence, in the mean over kSteps
  int shared_blocks = 18;  // of these, its beginning, which is everyone's
  bool prefix_cache = true;
  bool replace = false;  // each step the oldest ends and another one starts
  // Prices each step, unless null; of the sequences, the first `asking` are
  // told their share.
  ShadowAccount* shadow = nullptr;
  int asking = 0;
};

// What a step does, in order; seconds.
struct StepSeconds {
  double replace = 0;   // one ends, another one queues
  double snapshot = 0;  // what a plan needs to know
  double plan = 0;
  double drafts = 0;  // asking who may speculate
  double apply = 0;   // admission, blocks
  double batch = 0;   // rows and logits, for the model
  double commit = 0;  // what the model has computed may be found
  double shadow = 0;  // other devices price the step
  // All but `batch`, which is the model's input and no decision, and `shadow`.
  double scheduling() const {
    return replace + snapshot + plan + drafts + apply + commit;
  }
};

class DecodingLoad final {
 public:
  // Steps until a sequence has two blocks more than at the start. Lengths
  // differ, so that each step completes a block of every 32nd sequence.
  static constexpr int kSteps = 64;

  // All prompts have been computed. INVALID_ARGUMENT: a sequence has less than
  // two blocks of its own. INTERNAL: the crypto library has no SipHash.
  static absl::StatusOr<std::unique_ptr<DecodingLoad>> Create(
      const DecodingLoadOptions& options);

  // One token for each sequence, as Engine::Step() does it, with no one
  // allowed to speculate.
  StepSeconds Step();

  // Of the blocks that sequences hold, the share that others hold, too.
  double shared_share() const;

 private:
  DecodingLoad(const DecodingLoadOptions& options,
               std::unique_ptr<Tokenizer> tokenizer,
               const StepCostModel& price);
  // The last of requests_, in no queue.
  Sequence& Make();
  StepSeconds RunStep();

  const DecodingLoadOptions options_;
  const ScheduleLimits limits_;
  const std::unique_ptr<Tokenizer> tokenizer_;
  const StepCostModel price_;
  Queues queues_;
  Speculator speculator_;
  std::mt19937 random_;
  std::vector<TokenId> beginning_;
  std::deque<std::unique_ptr<InFlight>> requests_;
  int num_made_ = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_DECODING_LOAD_H_
