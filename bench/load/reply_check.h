// Reads a streamed reply and says what is wrong with it. Pure: bytes, times
// and counts in, a verdict out.
#ifndef MILLIJOULE_BENCH_LOAD_REPLY_CHECK_H_
#define MILLIJOULE_BENCH_LOAD_REPLY_CHECK_H_

#include <string>
#include <string_view>

#include "bench/load/reply.h"
#include "bench/load/sse_parser.h"

namespace mj {

// What a stream must agree with. The kinds of disagreement:
//   text_after_finish  text or a second finish_reason after the first
//   repeated_tokens    more tokens in the stream than `usage` counts
//   missing_tokens     fewer; or fewer than asked for, and yet "length"
//   too_many_tokens    `usage` counts more than were asked for
//   no_token_list      tokens were to be listed, and none is
//   empty_reply        no text at all
struct TokenCounts {
  int asked = 0;        // max_tokens
  int text_events = 0;  // each is one token or more: servers join tokens that
                        // a reader was too slow for
  bool text_at_finish = false;  // held-back text may come without a token
  int listed = -1;              // tokens that the stream names; negative: none
  bool text_after_finish = false;
  bool cut_by_length = false;
};
// The first kind that holds, or "". Without `usage` only what the stream alone
// shows.
std::string Disagreement(const TokenCounts& counts,
                         const std::optional<ReplyUsage>& usage);

// The events of one HTTP reply. Further kinds:
//   malformed_event  no JSON, or over SseParser::kMostBytes
//   malformed_usage  a count that is none, or joules below 0
//   error_event      an `error` object in the stream
//   data_after_done  an event after [DONE]
//   cut_off          the reply ended without [DONE]
//   unfinished       [DONE] came without a finish_reason
class StreamReader final {
 public:
  // `lists_tokens`: log-probabilities were asked for, which name each token.
  StreamReader(int asked_tokens, bool lists_tokens);

  void Feed(std::string_view bytes, Seconds now);
  // [DONE] has come, or an error: what else comes is of no reply.
  bool is_over() const { return done_ || has_error(); }
  bool has_error() const { return !error_.empty(); }
  // No more bytes come. Returns the kind of error, or "".
  std::string End();

  // text_times and usage are filled as they come, `finished` once is_over().
  Reply& reply() { return reply_; }

 private:
  void TakeEvent(std::string_view data, Seconds now);
  void TakeChunk(const StreamChunk& chunk, Seconds now);

  Reply reply_;
  SseParser parser_;
  TokenCounts counts_;
  bool lists_tokens_;
  bool finished_ = false, done_ = false;
  std::string error_;
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_REPLY_CHECK_H_
