// How errors look to clients: OpenAI's error body and an HTTP status.
#ifndef MILLIJOULE_SERVER_OPENAI_API_ERROR_H_
#define MILLIJOULE_SERVER_OPENAI_API_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "server/openai/json_reader.h"

namespace mj {

// The HTTP status of an error that came back as a Status.
int HttpStatusOf(const absl::Status& status);

// OpenAI's `type` for an HTTP status: "invalid_request_error", ...
const char* ErrorTypeOf(int http_status);

// {"error": {"message", "type", "param", "code"}}; `param` and `code` are null
// where empty.
Json ErrorBody(int http_status, const std::string& message,
               const std::string& param = "", const std::string& code = "");
Json ErrorBody(const absl::Status& status);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_API_ERROR_H_
