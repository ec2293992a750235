// The body of POST /v1/completions.
#ifndef MILLIJOULE_SERVER_OPENAI_COMPLETION_REQUEST_H_
#define MILLIJOULE_SERVER_OPENAI_COMPLETION_REQUEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/request/request.h"
#include "server/openai/json_reader.h"
#include "server/openai/sampling_fields.h"

namespace mj {

struct CompletionRequest {
  std::string model;              // "": whatever is served
  std::vector<Request> requests;  // one a prompt; id and tenant are unset
  StreamFields stream;
  bool echo = false;
  bool tokens_as_ids = false;  // return_tokens_as_token_ids
};

// INVALID_ARGUMENT names the field, its value and what was needed.
absl::StatusOr<CompletionRequest> ParseCompletionRequest(const Json& body);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_COMPLETION_REQUEST_H_
