// What is in flight: a request, and a sequence for each of its choices. Plain
// data, owned by the engine thread once it has left the inbox.
#ifndef MILLIJOULE_ENGINE_REQUEST_SEQUENCE_H_
#define MILLIJOULE_ENGINE_REQUEST_SEQUENCE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/energy/request_energy.h"
#include "engine/kv/block_key.h"
#include "engine/kv/block_table.h"
#include "engine/request/delta.h"
#include "engine/request/request.h"
#include "engine/request/response_channel.h"
#include "engine/request/stop_matcher.h"
#include "engine/speculate/draft_state.h"
#include "engine/speculate/exit_stake.h"
#include "engine/text/detokenizer.h"

namespace mj {

struct InFlight;

// What the model said about the next position, not yet taken into the reply.
struct SampledToken {
  TokenId id = 0;
  std::optional<PositionLogprobs> logprobs;
};

struct Sequence {
  Sequence(InFlight& owner, std::vector<TokenId> prompt,
           StreamingDetokenizer to_text, StopMatcher matcher)
      : request(&owner),
        tokens(std::move(prompt)),
        num_prompt(static_cast<int>(tokens.size())),
        detokenizer(std::move(to_text)),
        stop(std::move(matcher)) {}

  // What every step reads of every sequence comes first: it is in no cache
  // after the model has run.
  InFlight* request;
  int choice = 0;
  std::vector<TokenId> tokens;  // prompt, then generated
  int num_prompt = 0;
  int max_tokens = 0;            // tokens.size() at the most
  int num_computed = 0;          // tokens whose K and V are in the cache
  int num_recomputed_until = 0;  // positions before it were computed once
  int num_findable = 0;    // of its blocks, the first; others may share them
  bool looked_up = false;  // once, for shared beginnings
  bool findable = true;    // false: none beyond these ever will be
  BlockTable blocks;
  BlockChain chain;    // names of what its full blocks hold
  ExitOdds exit_odds;  // of leaving the model early
  StreamingDetokenizer detokenizer;
  StopMatcher stop;
  std::unique_ptr<DraftState> drafting;  // null: it has never speculated
  // Guesses of the tokens that come next, for the next step to verify.
  std::vector<TokenId> draft;
  // Of the step that runs: the tokens that come next, in order. Each but the
  // last stands in `draft`, too.
  std::vector<SampledToken> sampled;
  bool refuted = false;     // the last one differs from the draft
  bool left_early = false;  // it was not the whole model that said it
  Joules row_energy{0};     // of the latest step, a row; as it was charged
  Joules draft_energy{0};   // of drafting what is to be verified
  absl::Status failure;     // of the step that runs
  // Of choice 0, if asked for: position 0 and those scored so far. They move
  // into the first delta.
  std::vector<PositionLogprobs> prompt_logprobs;
  // Of Task::kEmbed: the sum of the last hidden states of the first
  // `num_embedded` positions, added in their order.
  std::vector<double> hidden_sum;
  int num_embedded = 0;
  bool ended = false;

  int num_tokens() const { return static_cast<int>(tokens.size()); }
  int num_generated() const { return num_tokens() - num_prompt; }
  bool generates() const { return max_tokens > num_prompt; }
  inline bool embeds() const;
};

struct InFlight {
  Request request;
  std::shared_ptr<ResponseChannel> channel;
  uint64_t number = 0;  // since the engine's start
  uint64_t seed = 0;    // the request's own, or the one drawn for it
  Seconds submitted{0};
  std::optional<Seconds> deadline;    // on the engine's clock
  std::optional<Seconds> hold_until;  // waits for less carbon, in no queue
  Seconds predicted{0};               // of its work, where it is flex
  bool started = false;               // a sequence has been scheduled
  std::vector<Sequence> sequences;    // one a choice; never resized
  int num_open = 0;                   // sequences that have not ended
  Usage usage;
  RequestTimings timings;
  RequestEnergy energy;
  std::vector<ShadowCost> shadow;  // a device each, once a step has run
  Seconds device_time{0};  // of a simulated device: its share of the steps'
  std::array<Joules, 2> untold{};  // by phase: not yet in any telemetry
  // GovernorMemory::lost() at these moments.
  Seconds lost_at_arrival{0}, lost_at_first_token{0};
};

bool Sequence::embeds() const { return request->request.task == Task::kEmbed; }

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_REQUEST_SEQUENCE_H_
