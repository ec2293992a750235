#include "bench/load/stream_chunk.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace mj {
namespace {

using Json = nlohmann::json;

// The member, or null for none.
const Json& Member(const Json& object, const char* key) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

int CountOf(const Json& number) {
  return number.is_number_integer() ? number.get<int>() : 0;
}

bool IsText(const Json& json) {
  return json.is_string() && !json.get_ref<const std::string&>().empty();
}

bool HasText(const Json& choice) {
  if (IsText(Member(choice, "text"))) return true;
  const Json& delta = Member(choice, "delta");
  for (const char* key : {"content", "reasoning_content", "reasoning"}) {
    if (IsText(Member(delta, key))) return true;
  }
  return !Member(delta, "tool_calls").empty();
}

// Completions list `tokens`; chat completions, and llama.cpp's server for
// both, `content`.
int ListedTokens(const Json& choice) {
  const Json& logprobs = Member(choice, "logprobs");
  size_t count = 0;
  for (const char* key : {"tokens", "content"}) {
    const Json& list = Member(logprobs, key);
    if (list.is_array()) count += list.size();
  }
  return static_cast<int>(count);
}

ReplyUsage UsageOf(const Json& json) {
  ReplyUsage usage{.prompt_tokens = CountOf(Member(json, "prompt_tokens")),
                   .output_tokens = CountOf(Member(json, "completion_tokens"))};
  usage.cached_tokens =
      CountOf(Member(Member(json, "prompt_tokens_details"), "cached_tokens"));
  const Json& energy = Member(json, "energy");
  const Json& joules = Member(energy, "joules");
  if (!joules.is_number()) return usage;
  usage.joules = joules.get<double>();
  const Json& method = Member(energy, "method");
  if (method.is_string()) usage.energy_method = method.get<std::string>();
  return usage;
}

}  // namespace

absl::StatusOr<StreamChunk> ParseChunk(std::string_view data) {
  const Json json = Json::parse(data, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "an event is no JSON object: ", std::string(data.substr(0, 80))));
  }
  StreamChunk chunk;
  chunk.is_error = !Member(json, "error").is_null();
  const Json& choices = Member(json, "choices");
  if (choices.is_array() && !choices.empty()) {
    const Json& choice = choices.front();
    chunk.has_text = HasText(choice);
    chunk.listed_tokens = ListedTokens(choice);
    const Json& reason = Member(choice, "finish_reason");
    chunk.finished = reason.is_string();
    chunk.cut_by_length = chunk.finished && reason == "length";
  }
  const Json& usage = Member(json, "usage");
  if (usage.is_object()) chunk.usage = UsageOf(usage);
  return chunk;
}

}  // namespace mj
