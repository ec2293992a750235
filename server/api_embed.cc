// The endpoint that embeds.
#include <utility>

#include "server/api.h"
#include "server/openai/embedding_format.h"
#include "server/openai/embedding_request.h"
#include "server/reply_id.h"

namespace mj {

Started Api::StartEmbeddings(const HttpCall& call, std::function<void()> wake) {
  const absl::StatusOr<Json> body = ParseJson(call.body);
  if (!body.ok()) return body.status();
  const LoadedModel& model = engine_.model();
  absl::StatusOr<EmbeddingRequest> parsed =
      ParseEmbeddingRequest(*body, model.shape.hidden);
  if (!parsed.ok()) return parsed.status();
  absl::Status status = CheckModel(parsed->model);
  if (status.ok()) status = Sign(call, MakeReplyId("embd-"), parsed->requests);
  if (!status.ok()) return status;
  auto format = std::make_unique<EmbeddingFormat>(
      model.name, static_cast<int>(parsed->requests.size()), parsed->base64);
  return Start(call, std::move(parsed->requests), std::move(format), {},
               std::move(wake));
}

}  // namespace mj
