#include "server/openai/embedding_request.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/openai/budget_fields.h"
#include "server/openai/prompt_fields.h"

namespace mj {
namespace {

void ReadEncoding(FieldReader& reader, bool& base64) {
  std::string format = "float";
  reader.Read("encoding_format", format);
  base64 = format == "base64";
  if (base64 || format == "float") return;
  reader.Fail("encoding_format", absl::StrCat("'", format.substr(0, 60),
                                              "' is none of float, base64"));
}

void CheckDimensions(FieldReader& reader, int width) {
  std::optional<int> dimensions;
  reader.Read("dimensions", 1, std::numeric_limits<int>::max(), dimensions);
  if (!dimensions || *dimensions == width) return;
  reader.Fail("dimensions", absl::StrCat(*dimensions,
                                         " are not offered, this model's "
                                         "embeddings have ",
                                         width));
}

}  // namespace

absl::StatusOr<EmbeddingRequest> ParseEmbeddingRequest(const Json& body,
                                                       int width) {
  if (!body.is_object()) {
    return absl::InvalidArgumentError("the body is not a JSON object");
  }
  EmbeddingRequest call;
  Request request;
  request.task = Task::kEmbed;
  request.stop.max_tokens = 0;
  FieldReader reader(body);
  reader.Read("model", call.model);
  ReadEncoding(reader, call.base64);
  CheckDimensions(reader, width);
  reader.Read("add_special_tokens", request.add_special);
  ReadBudgetFields(reader, request);
  if (!reader.ok()) return reader.status();
  absl::StatusOr<std::vector<Prompt>> inputs = ReadPrompts(body, "input");
  if (!inputs.ok()) return inputs.status();
  for (Prompt& input : *inputs) {
    call.requests.push_back(request);
    call.requests.back().prompt = std::move(input);
  }
  return call;
}

}  // namespace mj
