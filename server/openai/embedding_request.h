// The body of POST /v1/embeddings.
#ifndef MILLIJOULE_SERVER_OPENAI_EMBEDDING_REQUEST_H_
#define MILLIJOULE_SERVER_OPENAI_EMBEDDING_REQUEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/request/request.h"
#include "server/openai/json_reader.h"

namespace mj {

struct EmbeddingRequest {
  std::string model;              // "": whatever is served
  std::vector<Request> requests;  // one an input; id and tenant are unset
  bool base64 = false;            // encoding_format
};

// `width`: of the model's embeddings, the only `dimensions` there are.
// INVALID_ARGUMENT names the field, its value and what was needed.
absl::StatusOr<EmbeddingRequest> ParseEmbeddingRequest(const Json& body,
                                                       int width);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_EMBEDDING_REQUEST_H_
