#include "server/openai/sampling_fields.h"

#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr int kMaxInt = std::numeric_limits<int>::max();

void AddStop(FieldReader& reader, const Json& value,
             std::vector<std::string>& out) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    return reader.Fail("stop", absl::StrCat(Quoted(value),
                                            " is not a string that has "
                                            "characters"));
  }
  out.push_back(value.get<std::string>());
}

void ReadStop(FieldReader& reader, std::vector<std::string>& out) {
  const Json* stop = reader.Find("stop");
  if (stop == nullptr) return;
  if (!stop->is_array()) return AddStop(reader, *stop, out);
  if (stop->size() > kMaxStopStrings) {
    return reader.Fail("stop", absl::StrCat(stop->size(), " strings, at most ",
                                            kMaxStopStrings, " are allowed"));
  }
  for (const Json& value : *stop) AddStop(reader, value, out);
}

void ReadStopIds(FieldReader& reader, std::vector<TokenId>& out) {
  const Json* ids = reader.Find("stop_token_ids");
  if (ids == nullptr) return;
  absl::StatusOr<std::vector<TokenId>> read = ReadIds(*ids, "stop_token_ids");
  if (!read.ok()) return reader.Fail(read.status());
  out = *std::move(read);
}

void ReadLogitBias(FieldReader& reader,
                   std::vector<std::pair<TokenId, float>>& out) {
  const Json* bias = reader.Find("logit_bias");
  if (bias == nullptr) return;
  if (!bias->is_object()) {
    return reader.Fail(
        "logit_bias",
        absl::StrCat(Quoted(*bias), " is not an object of token id: bias"));
  }
  FieldReader values(*bias, "logit_bias.");
  for (const auto& [key, value] : bias->items()) {
    TokenId id = 0;
    if (!absl::SimpleAtoi(key, &id) || id < 0) {
      return reader.Fail("logit_bias",
                         absl::StrCat("the key '", key, "' is not a token id"));
    }
    float amount = 0;
    values.Read(key.c_str(), -100, 100, amount);
    out.emplace_back(id, amount);
  }
  if (!values.ok()) reader.Fail(values.status());
}

void ReadChoices(FieldReader& reader, int& out) {
  reader.Read("n", 1, kMaxChoices, out);
  std::optional<int> best_of;
  reader.Read("best_of", 1, kMaxInt, best_of);
  if (best_of && *best_of != out) {
    reader.Fail("best_of", absl::StrCat(*best_of, " differs from n = ", out,
                                        "; only best_of = n is offered"));
  }
}

}  // namespace

void ReadSamplingFields(FieldReader& reader, Request& request) {
  SamplingParams& sampling = request.sampling;
  reader.Read("temperature", 0, 2, sampling.temperature);
  reader.Read("top_k", -1, kMaxInt, sampling.top_k);
  reader.Read("top_p", 0, 1, sampling.top_p);
  reader.Read("min_p", 0, 1, sampling.min_p);
  reader.Read("repetition_penalty", 0.01, 100, sampling.repetition_penalty);
  reader.Read("presence_penalty", -2, 2, sampling.presence_penalty);
  reader.Read("frequency_penalty", -2, 2, sampling.frequency_penalty);
  reader.ReadUint64("seed", sampling.seed);
  ReadLogitBias(reader, sampling.logit_bias);
  ReadChoices(reader, request.num_choices);
  ReadStop(reader, request.stop.strings);
  ReadStopIds(reader, request.stop.token_ids);
  reader.Read("min_tokens", 0, kMaxInt, request.stop.min_tokens);
  reader.Read("ignore_eos", request.stop.ignore_eos);
  reader.Read("include_stop_str_in_output", request.stop.include_stop_string);
  bool skip_special = true;
  reader.Read("skip_special_tokens", skip_special);
  request.print_special = !skip_special;
}

void ReadStreamFields(FieldReader& reader, StreamFields& out) {
  reader.Read("stream", out.stream);
  const Json* options = reader.Find("stream_options");
  if (options == nullptr) return;
  if (!options->is_object()) {
    return reader.Fail("stream_options",
                       absl::StrCat(Quoted(*options), " is not an object"));
  }
  if (!out.stream) {
    return reader.Fail("stream_options", "needs stream = true");
  }
  FieldReader fields(*options, "stream_options.");
  fields.Read("include_usage", out.include_usage);
  if (!fields.ok()) reader.Fail(fields.status());
}

void CheckResponseFormat(FieldReader& reader) {
  // A constraint that is not kept must not seem to be.
  for (const char* constraint :
       {"guided_json", "guided_regex", "guided_choice", "guided_grammar",
        "structured_outputs", "grammar", "json_schema", "functions",
        "function_call"}) {
    if (reader.Find(constraint) != nullptr) {
      reader.Fail(constraint, "is not offered");
    }
  }
  if (reader.Find("prompt_logprobs") != nullptr) {
    reader.Fail("prompt_logprobs",
                "is not offered; 'echo' with 'logprobs' scores a prompt");
  }
  const Json* format = reader.Find("response_format");
  if (format == nullptr) return;
  if (format->is_object() && format->value("type", Json()) == Json("text")) {
    return;
  }
  reader.Fail("response_format", absl::StrCat(Quoted(*format),
                                              " is not offered, only "
                                              "{\"type\":\"text\"} is"));
}

}  // namespace mj
