#include "server/grpc/generate_request.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/openai/chat_request.h"
#include "server/openai/json_reader.h"

namespace mj {

namespace {

SamplingParams ToSampling(const v1::SamplingParams& message) {
  SamplingParams params;
  if (message.has_temperature()) params.temperature = message.temperature();
  if (message.has_top_k()) params.top_k = message.top_k();
  if (message.has_top_p()) params.top_p = message.top_p();
  if (message.has_min_p()) params.min_p = message.min_p();
  if (message.has_repetition_penalty()) {
    params.repetition_penalty = message.repetition_penalty();
  }
  if (message.has_presence_penalty()) {
    params.presence_penalty = message.presence_penalty();
  }
  if (message.has_frequency_penalty()) {
    params.frequency_penalty = message.frequency_penalty();
  }
  params.logit_bias.assign(message.logit_bias().begin(),
                           message.logit_bias().end());
  if (message.has_seed()) params.seed = message.seed();
  return params;
}

StopParams ToStop(const v1::StopParams& message) {
  StopParams params;
  if (message.has_max_tokens()) params.max_tokens = message.max_tokens();
  params.min_tokens = message.min_tokens();
  params.strings.assign(message.strings().begin(), message.strings().end());
  params.token_ids.assign(message.token_ids().begin(),
                          message.token_ids().end());
  params.ignore_eos = message.ignore_eos();
  params.include_stop_string = message.include_stop_string();
  return params;
}

LogprobParams ToLogprobs(const v1::GenerateRequest& message) {
  LogprobParams params;
  if (message.has_logprobs()) params.generated = message.logprobs();
  if (message.has_prompt_logprobs()) params.prompt = message.prompt_logprobs();
  return params;
}

absl::StatusOr<Quality> ToQuality(v1::Quality quality) {
  switch (quality) {
    case v1::QUALITY_FULL:
      return Quality::kFull;
    case v1::QUALITY_ADAPTIVE:
      return Quality::kAdaptive;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("energy.quality: ", static_cast<int>(quality),
                       " is none of the values that are known"));
  }
}

std::vector<TokenId> ToIds(const v1::TokenIds& message) {
  return {message.ids().begin(), message.ids().end()};
}

template <class Message>
absl::Status ReadBudget(const Message& message, Request& request) {
  constexpr double kMillisecond = 1e-3;
  const auto quality = ToQuality(message.energy().quality());
  if (!quality.ok()) return quality.status();
  request.quality = *quality;
  if (message.energy().has_max_joules()) {
    request.max_energy = Joules(message.energy().max_joules());
  }
  if (message.slo().has_ttft_ms()) {
    request.slo.ttft = Seconds(message.slo().ttft_ms() * kMillisecond);
  }
  if (message.slo().has_tpot_ms()) {
    request.slo.tpot = Seconds(message.slo().tpot_ms() * kMillisecond);
  }
  request.flex = message.service_tier() == v1::SERVICE_TIER_FLEX;
  return absl::OkStatus();
}

absl::StatusOr<Speculation> ToSpeculation(v1::Speculation speculation) {
  switch (speculation) {
    case v1::SPECULATION_AUTO:
      return Speculation::kAuto;
    case v1::SPECULATION_OFF:
      return Speculation::kOff;
    case v1::SPECULATION_NGRAM:
      return Speculation::kNgram;
    case v1::SPECULATION_DRAFT:
      return Speculation::kDraft;
    case v1::SPECULATION_EXIT:
      return Speculation::kExit;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("speculation: ", static_cast<int>(speculation),
                       " is none of the values that are known"));
  }
}

absl::Status ReadPrompt(const v1::GenerateRequest& message,
                        const LoadedModel& model, Request& request) {
  switch (message.prompt_case()) {
    case v1::GenerateRequest::kText:
      request.prompt = message.text();
      return absl::OkStatus();
    case v1::GenerateRequest::kTokenIds:
      request.prompt = ToIds(message.token_ids());
      return absl::OkStatus();
    case v1::GenerateRequest::kMessages: {
      auto text = ToPrompt(message.messages(), model);
      if (!text.ok()) return text.status();
      request.prompt = *std::move(text);
      request.add_special = false;
      return absl::OkStatus();
    }
    case v1::GenerateRequest::PROMPT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "prompt: missing; one of `text`, `token_ids`, `messages` is needed");
}

}  // namespace

absl::StatusOr<Request> ToRequest(const v1::GenerateRequest& message,
                                  const LoadedModel& model) {
  if (auto status = CheckModelName(message.model(), model); !status.ok()) {
    return status;
  }
  Request request;
  if (auto status = ReadPrompt(message, model, request); !status.ok()) {
    return status;
  }
  if (message.has_add_special()) request.add_special = message.add_special();
  if (message.has_n()) request.num_choices = message.n();
  request.sampling = ToSampling(message.sampling());
  request.stop = ToStop(message.stop());
  request.logprobs = ToLogprobs(message);
  request.print_special = message.print_special();
  const auto speculation = ToSpeculation(message.speculation());
  if (!speculation.ok()) return speculation.status();
  request.speculation = *speculation;
  if (auto status = ReadBudget(message, request); !status.ok()) return status;
  return request;
}

absl::StatusOr<Request> ToRequest(const v1::EmbedRequest& message,
                                  const LoadedModel& model) {
  if (auto status = CheckModelName(message.model(), model); !status.ok()) {
    return status;
  }
  Request request;
  request.task = Task::kEmbed;
  request.stop.max_tokens = 0;
  if (message.has_text()) {
    request.prompt = message.text();
  } else if (message.has_token_ids()) {
    request.prompt = ToIds(message.token_ids());
  } else {
    return absl::InvalidArgumentError(
        "prompt: missing; one of `text`, `token_ids` is needed");
  }
  if (message.has_add_special()) request.add_special = message.add_special();
  if (auto status = ReadBudget(message, request); !status.ok()) return status;
  return request;
}

absl::Status CheckModelName(const std::string& name, const LoadedModel& model) {
  if (name.empty() || name == model.name) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(
      "the model '", name, "' is not served, '", model.name, "' is"));
}

absl::StatusOr<std::string> ToPrompt(const v1::ChatMessages& messages,
                                     const LoadedModel& model) {
  if (messages.messages().empty()) {
    return absl::InvalidArgumentError(
        "messages: empty; at least one message is needed");
  }
  Json list = Json::array();
  for (const v1::ChatMessage& message : messages.messages()) {
    list.push_back({{"role", message.role()}, {"content", message.content()}});
  }
  Json context = {{"messages", std::move(list)},
                  {"add_generation_prompt", true}};
  auto prompt = RenderChat(model, std::move(context));
  if (!absl::IsResourceExhausted(prompt.status())) return prompt;
  // A limit on rendering: the request's fault, not a lack of capacity.
  return absl::InvalidArgumentError(prompt.status().message());
}

}  // namespace mj
