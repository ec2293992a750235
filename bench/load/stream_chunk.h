// One event of a streamed reply, as OpenAI's completions and chat completions
// write it.
#ifndef MILLIJOULE_BENCH_LOAD_STREAM_CHUNK_H_
#define MILLIJOULE_BENCH_LOAD_STREAM_CHUNK_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mj {

// What the server says a request took. Whole numbers from 0 on, joules finite.
struct ReplyUsage {
  int prompt_tokens = 0;
  int output_tokens = 0;
  int cached_tokens = 0;         // of the prompt: the server had them before
  std::optional<double> joules;  // `usage.energy`, where there is one
  std::string energy_method;     // "measured" or "modelled", with joules
};

struct StreamChunk {
  bool has_text = false;  // text, reasoning or a tool call; not a mere role
  int listed_tokens = 0;  // in its log-probabilities
  bool finished = false;  // a finish_reason stands there
  bool cut_by_length = false;  // and it is "length"
  std::optional<ReplyUsage> usage;
  bool usage_is_wrong = false;  // a count or joules that cannot be
  bool is_error = false;        // an `error` object in place of a choice
};

// INVALID_ARGUMENT for what is no JSON object.
absl::StatusOr<StreamChunk> ParseChunk(std::string_view data);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_STREAM_CHUNK_H_
