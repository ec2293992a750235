// A whole reply, gathered from its deltas.
#ifndef MILLIJOULE_TESTS_FAKES_REPLY_H_
#define MILLIJOULE_TESTS_FAKES_REPLY_H_

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "engine/request/response_channel.h"

namespace mj {

struct ChoiceReply {
  std::string text;
  std::vector<TokenId> tokens;
  std::vector<PositionLogprobs> logprobs, prompt_logprobs;
  std::optional<FinishReason> finish_reason;
  std::string stop_match;
};

struct Reply {
  std::vector<ChoiceReply> choices;
  absl::Status status;
  Usage usage;
  RequestTimings timings;
};

inline void AddDelta(const Delta& delta, Reply& reply) {
  if (reply.choices.size() <= static_cast<size_t>(delta.choice)) {
    reply.choices.resize(delta.choice + 1);
  }
  ChoiceReply& c = reply.choices[delta.choice];
  const auto append = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  c.text += delta.text;
  append(c.tokens, delta.tokens);
  append(c.logprobs, delta.logprobs);
  append(c.prompt_logprobs, delta.prompt_logprobs);
  if (delta.finish_reason) {
    c.finish_reason = delta.finish_reason;
    c.stop_match = delta.stop_match;
  }
  if (!delta.last) return;
  reply.status = delta.status;
  reply.usage = delta.usage;
  reply.timings = delta.timings;
}

// Blocks until the last delta.
inline Reply ReadAll(ResponseChannel& channel) {
  Reply reply;
  for (bool last = false; !last;) {
    const Delta delta = channel.Pop();
    AddDelta(delta, reply);
    last = delta.last;
  }
  return reply;
}

// Bit for bit: not-a-number equals itself, 0 does not equal -0.
inline bool SameBits(float a, float b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}
inline bool SameBits(const TokenLogprob& a, const TokenLogprob& b) {
  return a.id == b.id && SameBits(a.logprob, b.logprob);
}
inline bool SameBits(const PositionLogprobs& a, const PositionLogprobs& b) {
  const auto same = [](const TokenLogprob& x, const TokenLogprob& y) {
    return SameBits(x, y);
  };
  return SameBits(a.token, b.token) &&
         std::equal(a.top.begin(), a.top.end(), b.top.begin(), b.top.end(),
                    same);
}
inline bool SameBits(const std::vector<PositionLogprobs>& a,
                     const std::vector<PositionLogprobs>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const PositionLogprobs& x, const PositionLogprobs& y) {
                      return SameBits(x, y);
                    });
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_REPLY_H_
