// The fields that completions and chat completions share.
#ifndef MILLIJOULE_SERVER_OPENAI_SAMPLING_FIELDS_H_
#define MILLIJOULE_SERVER_OPENAI_SAMPLING_FIELDS_H_

#include "engine/request/request.h"
#include "server/openai/json_reader.h"

namespace mj {

inline constexpr int kMaxStopStrings = 16;

// How the reply is to be sent.
struct StreamFields {
  bool stream = false;
  bool include_usage = false;
};

// temperature, top_k, top_p, min_p, penalties, logit_bias, seed, stop,
// stop_token_ids, ignore_eos, n, best_of, skip_special_tokens and
// include_stop_str_in_output. What depends on the model is the engine's to
// check. Errors go to `reader`.
void ReadSamplingFields(FieldReader& reader, Request& request);

// stream and stream_options.
void ReadStreamFields(FieldReader& reader, StreamFields& out);

// Refuses response_format other than {"type": "text"}.
void CheckResponseFormat(FieldReader& reader);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_SAMPLING_FIELDS_H_
