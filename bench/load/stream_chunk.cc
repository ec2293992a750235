#include "bench/load/stream_chunk.h"

#include <array>
#include <cmath>
#include <limits>

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

// 0 where there is none; nothing for what is no count.
std::optional<int> CountOf(const Json& number) {
  if (number.is_null()) return 0;
  const double value = number.is_number() ? number.get<double>() : -1;
  if (!(value >= 0) || value > std::numeric_limits<int>::max() ||
      value != std::floor(value)) {
    return std::nullopt;
  }
  return static_cast<int>(value);
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

// False: the joules cannot be.
bool TakeEnergy(const Json& energy, ReplyUsage& usage) {
  const Json& joules = Member(energy, "joules");
  if (!joules.is_number()) return true;
  usage.joules = joules.get<double>();
  const Json& method = Member(energy, "method");
  if (method.is_string()) usage.energy_method = method.get<std::string>();
  return *usage.joules >= 0 && std::isfinite(*usage.joules);
}

// An object that does not count the reply's tokens is no usage.
void TakeUsage(const Json& json, StreamChunk& chunk) {
  if (Member(json, "completion_tokens").is_null()) return;
  const auto prompt = CountOf(Member(json, "prompt_tokens"));
  const auto output = CountOf(Member(json, "completion_tokens"));
  const auto cached =
      CountOf(Member(Member(json, "prompt_tokens_details"), "cached_tokens"));
  ReplyUsage usage;
  chunk.usage_is_wrong = !prompt || !output || !cached ||
                         !TakeEnergy(Member(json, "energy"), usage);
  if (chunk.usage_is_wrong) return;
  usage.prompt_tokens = *prompt;
  usage.output_tokens = *output;
  usage.cached_tokens = *cached;
  chunk.usage = usage;
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
    chunk.finished = IsText(reason);  // some servers have "" until then
    chunk.cut_by_length = chunk.finished && reason == "length";
  }
  TakeUsage(Member(json, "usage"), chunk);
  return chunk;
}

}  // namespace mj
