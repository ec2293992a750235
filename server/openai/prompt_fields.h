// A field with one prompt or several, as OpenAI writes them.
#ifndef MILLIJOULE_SERVER_OPENAI_PROMPT_FIELDS_H_
#define MILLIJOULE_SERVER_OPENAI_PROMPT_FIELDS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "engine/request/request.h"
#include "server/openai/json_reader.h"

namespace mj {

inline constexpr int kMaxPrompts = 256;  // of one body

using Prompt = decltype(Request::prompt);

// A text, a list of texts, a list of ids, or a list of lists of ids.
// INVALID_ARGUMENT names `field`: it is missing, none of these, or holds none
// or more than kMaxPrompts prompts. REQUIRES: `body` is an object
absl::StatusOr<std::vector<Prompt>> ReadPrompts(const Json& body,
                                                const char* field);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_PROMPT_FIELDS_H_
