// Turns the deltas of a call into OpenAI's objects: one whole reply, or a
// stream of server-sent events. Both come from the same deltas, so any split
// of them gives the same text.
//
// Not thread-safe: one reader.
#ifndef MILLIJOULE_SERVER_OPENAI_REPLY_FORMAT_H_
#define MILLIJOULE_SERVER_OPENAI_REPLY_FORMAT_H_

#include <cstdint>
#include <string>

#include "engine/request/delta.h"
#include "server/openai/json_reader.h"

namespace mj {

// What every object of one reply repeats.
struct ReplyHead {
  std::string id;       // "cmpl-..." or "chatcmpl-..."
  int64_t created = 0;  // Unix seconds
  std::string model;
  std::string fingerprint;
};

class ReplyFormat {
 public:
  virtual ~ReplyFormat() = default;

  // Streaming. Appends the events of `delta`, which belongs to prompt number
  // `prompt` of the call.
  virtual void Stream(int prompt, const Delta& delta, std::string& events) = 0;
  // The chunk that carries the usage alone, after all others.
  virtual void StreamUsage(const Usage& usage, std::string& events) = 0;

  // Not streaming. Keeps the delta; Whole() is the reply after the last one.
  virtual void Collect(int prompt, const Delta& delta) = 0;
  virtual Json Whole(const Usage& usage) = 0;
};

// Appends `data: {...}\n\n`.
void AppendEvent(const Json& json, std::string& events);
inline constexpr const char* kDoneEvent = "data: [DONE]\n\n";

// "stop", "length" or "energy"; null while the choice goes on.
Json FinishReasonJson(const std::optional<FinishReason>& reason);

// An object with the head's keys; "object" is `kind`.
Json StartReply(const ReplyHead& head, const char* kind);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_REPLY_FORMAT_H_
