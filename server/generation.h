// One client's call in flight: an engine request a prompt, and their deltas
// on the way into one reply.
//
// Not thread-safe: one reader; the engine's thread calls `wake` only.
#ifndef MILLIJOULE_SERVER_GENERATION_H_
#define MILLIJOULE_SERVER_GENERATION_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "server/call_origin.h"
#include "server/metrics.h"
#include "server/openai/reply_format.h"
#include "server/openai/sampling_fields.h"
#include "server/request_log.h"

namespace mj {

// What all calls share. Outlives them.
struct Serving {
  Engine& engine;
  Metrics& metrics;
  RequestLog& log;
  const Clock& clock;
};

class Generation final {
 public:
  // Submits all requests, or none. `wake` runs on the engine thread when
  // Advance() has something to do; it must only signal.
  static absl::StatusOr<std::unique_ptr<Generation>> Start(
      const Serving& serving, CallOrigin origin, std::vector<Request> requests,
      std::unique_ptr<ReplyFormat> format, StreamFields stream,
      std::function<void()> wake);
  // What is still in flight is cancelled, and counted as aborted without its
  // tokens and joules: see Cancel().
  ~Generation();

  bool streaming() const { return stream_.stream; }

  // Takes what has come. Streaming: appends the events to `events`, [DONE] or
  // the error at last.
  void Advance(std::string& events);
  bool finished() const { return all_ended() || !status_.ok(); }
  bool all_ended() const { return unfinished_ == 0; }
  // Why the call failed, once finished.
  const absl::Status& status() const { return status_; }
  // Not streaming: the reply. REQUIRES: finished() and status().ok()
  Json Reply() { return format_->Whole(usage_); }

  // Nobody waits any more. Advance() until all_ended() to learn what it took:
  // the engine says it soon. `gone`: the client has left before the end.
  void Cancel(bool gone);

 private:
  struct Part {       // one prompt
    Request request;  // without its prompt, unless that is logged
    std::shared_ptr<ResponseChannel> channel;
    std::vector<std::optional<Seconds>> last_token;  // a choice
    std::optional<FinishReason> finish;
    bool ended = false;
  };

  Generation(const Serving& serving, CallOrigin origin,
             std::unique_ptr<ReplyFormat> format, StreamFields stream);
  void Forget();  // all parts: another was refused, so none was ever asked for
  void AdvancePart(int index, std::string& events);
  void ObserveTokens(Part& part, const Delta& delta);
  void End(Part& part, const Delta& last);
  // The HTTP status that the client gets, null: it has gone.
  Json Code() const;
  void StreamEnd(std::string& events);

  const Serving serving_;
  const CallOrigin origin_;
  const std::unique_ptr<ReplyFormat> format_;
  const StreamFields stream_;
  std::vector<Part> parts_;
  int unfinished_ = 0;
  bool told_ = false;  // streaming: something, so that the status is out
  bool gone_ = false;  // the client
  bool cancelled_ = false;
  Usage usage_;
  absl::Status status_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GENERATION_H_
