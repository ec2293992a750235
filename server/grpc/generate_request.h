// Messages that ask for work as the engine's Request.
#ifndef MILLIJOULE_SERVER_GRPC_GENERATE_REQUEST_H_
#define MILLIJOULE_SERVER_GRPC_GENERATE_REQUEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/model/loaded_model.h"
#include "engine/request/request.h"
#include "server/grpc/inference_api.h"

namespace mj {

// What the message says; `id`, `tenant` and `timeout` stay as they are by
// default. Ranges are left to Validate and Engine::Submit.
// INVALID_ARGUMENT: no prompt, or messages that the model's chat template
// refuses. NOT_FOUND: another model than this.
absl::StatusOr<Request> ToRequest(const v1::GenerateRequest& message,
                                  const LoadedModel& model);

// The same of an embedding.
absl::StatusOr<Request> ToRequest(const v1::EmbedRequest& message,
                                  const LoadedModel& model);

// OK where `name` is empty or the model's, else NOT_FOUND with both.
absl::Status CheckModelName(const std::string& name, const LoadedModel& model);

// Messages as the text that the model's chat template makes of them, control
// tokens included. INVALID_ARGUMENT: none, or the template refuses them.
absl::StatusOr<std::string> ToPrompt(const v1::ChatMessages& messages,
                                     const LoadedModel& model);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_GENERATE_REQUEST_H_
