#include "server/grpc/inference_service.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/text/utf8.h"
#include "server/grpc/embed_call.h"
#include "server/grpc/generate_call.h"
#include "server/grpc/generate_request.h"
#include "server/grpc/unary_call.h"

namespace mj {

namespace {

using Methods = v1::Inference::AsyncService;

absl::StatusOr<std::vector<TokenId>> Encode(const v1::TokenizeRequest& request,
                                            const LoadedModel& model) {
  EncodeOptions options;
  switch (request.input_case()) {
    case v1::TokenizeRequest::kText:
      if (request.has_add_special()) {
        options.add_special = request.add_special();
      }
      return model.tokenizer->Encode(request.text(), options);
    case v1::TokenizeRequest::kMessages: {
      auto text = ToPrompt(request.messages(), model);
      if (!text.ok()) return text.status();
      options.add_special = request.add_special();
      return model.tokenizer->Encode(*text, options);
    }
    case v1::TokenizeRequest::INPUT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "input: missing; one of `text`, `messages` is needed");
}

}  // namespace

void ServeInference(InferenceContext& context, CallQueue& queue) {
  EngineCall::Listen<GenerateCall>(context, queue);
  EngineCall::Listen<EmbedCall>(context, queue);
  const CallGuard guard = {context.keys};
  const auto with_engine = [&context](auto* answer) {
    return [&context, answer](const auto& request) {
      return answer(request, context.engine);
    };
  };
  UnaryCall<Methods, v1::TokenizeRequest, v1::TokenizeResponse>::Listen(
      context.service, guard, queue, &Methods::RequestTokenize,
      with_engine(Tokenize));
  UnaryCall<Methods, v1::DetokenizeRequest, v1::DetokenizeResponse>::Listen(
      context.service, guard, queue, &Methods::RequestDetokenize,
      with_engine(Detokenize));
  UnaryCall<Methods, v1::ModelInfoRequest, v1::ModelInfoResponse>::Listen(
      context.service, guard, queue, &Methods::RequestModelInfo,
      with_engine(ModelInfo));
}

absl::StatusOr<v1::TokenizeResponse> Tokenize(
    const v1::TokenizeRequest& request, const Engine& engine) {
  const LoadedModel& model = engine.model();
  if (auto status = CheckModelName(request.model(), model); !status.ok()) {
    return status;
  }
  auto ids = Encode(request, model);
  if (!ids.ok()) return ids.status();
  v1::TokenizeResponse response;
  response.mutable_token_ids()->Add(ids->begin(), ids->end());
  return response;
}

absl::StatusOr<v1::DetokenizeResponse> Detokenize(
    const v1::DetokenizeRequest& request, const Engine& engine) {
  const LoadedModel& model = engine.model();
  if (auto status = CheckModelName(request.model(), model); !status.ok()) {
    return status;
  }
  const auto size =
      static_cast<TokenId>(model.tokenizer->vocabulary().tokens.size());
  for (const TokenId id : request.token_ids()) {
    if (id >= 0 && id < size) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("token_ids: ", id, " is not in the vocabulary of ", size));
  }
  const std::vector<TokenId> ids(request.token_ids().begin(),
                                 request.token_ids().end());
  v1::DetokenizeResponse response;
  const bool print_special =
      !request.has_print_special() || request.print_special();
  response.set_text(
      ReplaceInvalidUtf8(model.tokenizer->Decode(ids, print_special)));
  return response;
}

absl::StatusOr<v1::ModelInfoResponse> ModelInfo(
    const v1::ModelInfoRequest& request, const Engine& engine) {
  const LoadedModel& model = engine.model();
  if (auto status = CheckModelName(request.model(), model); !status.ok()) {
    return status;
  }
  v1::ModelInfoResponse response;
  response.set_name(model.name);
  response.set_fingerprint(model.fingerprint);
  response.set_context_length(engine.options().max_model_len);
  response.set_vocabulary_size(model.shape.vocab);
  response.set_layers(static_cast<int>(model.shape.layers.size()));
  response.set_hidden_size(model.shape.hidden);
  response.set_heads(model.shape.num_heads);
  response.set_kv_heads(model.shape.num_kv_heads);
  response.set_has_chat_template(model.chat_template.has_value());
  const BackendInfo& backend = model.backend->info();
  response.set_backend(backend.name);
  response.set_isa(backend.isa);
  response.set_numerics(backend.numerics);
  response.set_kv_dtype(backend.kv_dtype);
  response.set_batch_invariant(backend.batch_invariant);
  return response;
}

}  // namespace mj
