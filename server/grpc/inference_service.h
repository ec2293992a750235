// millijoule.v1.Inference on a completion queue.
#ifndef MILLIJOULE_SERVER_GRPC_INFERENCE_SERVICE_H_
#define MILLIJOULE_SERVER_GRPC_INFERENCE_SERVICE_H_

#include "server/grpc/call_queue.h"
#include "server/grpc/inference_context.h"

namespace mj {

// Has `queue` take calls of every method until the server shuts down.
// `context` and `queue` outlive the server.
void ServeInference(InferenceContext& context, CallQueue& queue);

// The methods that answer at once; any thread.
// NOT_FOUND: another model than the engine's. INVALID_ARGUMENT: no input, or
// one that the chat template refuses.
absl::StatusOr<v1::TokenizeResponse> Tokenize(
    const v1::TokenizeRequest& request, const Engine& engine);
// INVALID_ARGUMENT: an id outside the vocabulary.
absl::StatusOr<v1::DetokenizeResponse> Detokenize(
    const v1::DetokenizeRequest& request, const Engine& engine);
absl::StatusOr<v1::ModelInfoResponse> ModelInfo(
    const v1::ModelInfoRequest& request, const Engine& engine);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_INFERENCE_SERVICE_H_
