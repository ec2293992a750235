// millijoule generate: one reply on the terminal.
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "engine/open_engine.h"
#include "server/commands/commands.h"
#include "server/commands/output.h"
#include "server/openai/chat_request.h"
#include "server/openai/completion_request.h"
#include "server/openai/usage_json.h"

namespace mj {
namespace {

struct SamplingFlag {
  const char* name;
  const char* help;
};
// Names, ranges and defaults are those of the HTTP API, which reads them.
constexpr SamplingFlag kSamplingFlags[] = {
    {"temperature", "0 is greedy; 1 by default"},
    {"top-k", "candidates, 0 for all"},
    {"top-p", "probability mass of the candidates"},
    {"min-p", "least probability, relative to the likeliest"},
    {"repetition-penalty", "1 for none"},
    {"presence-penalty", "0 for none"},
    {"frequency-penalty", "0 for none"},
    {"seed", "random if absent"},
};

struct GenerateFlags {
  EngineFlags engine;
  std::string prompt;
  int max_tokens = 128;
  std::vector<std::string> stop;
  std::map<std::string, std::string> sampling;  // as typed
  bool ignore_eos = false;
  bool chat = false;
  bool json = false;
};

absl::StatusOr<Json> RequestBody(const GenerateFlags& flags) {
  Json body = Json::object();
  body["prompt"] = flags.prompt;
  body["messages"] =
      Json::array({{{"role", "user"}, {"content", flags.prompt}}});
  body["max_tokens"] = flags.max_tokens;
  body["ignore_eos"] = flags.ignore_eos;
  if (!flags.stop.empty()) body["stop"] = flags.stop;
  for (const auto& [name, text] : flags.sampling) {
    absl::StatusOr<Json> value = ParseJson(text);
    if (!value.ok()) return FieldError(name, "'" + text + "' is not a number");
    body[absl::StrReplaceAll(name, {{"-", "_"}})] = *std::move(value);
  }
  return body;
}

absl::StatusOr<Request> MakeRequest(const GenerateFlags& flags,
                                    const LoadedModel& model) {
  const absl::StatusOr<Json> body = RequestBody(flags);
  if (!body.ok()) return body.status();
  if (!flags.chat) {
    absl::StatusOr<CompletionRequest> call = ParseCompletionRequest(*body);
    if (!call.ok()) return call.status();
    return std::move(call->requests.front());
  }
  absl::StatusOr<ChatRequest> call = ParseChatRequest(*body);
  if (!call.ok()) return call.status();
  absl::StatusOr<std::string> prompt =
      RenderChat(model, std::move(call->context));
  if (!prompt.ok()) return prompt.status();
  call->request.prompt = *std::move(prompt);
  return std::move(call->request);
}

// Follows the reply to its end; streams its text unless `quietly`.
Delta Follow(ResponseChannel& channel, bool quietly, std::string& text) {
  while (true) {
    Delta delta = channel.Pop();
    text += delta.text;
    if (!quietly) std::cout << delta.text << std::flush;
    if (delta.last) return delta;
  }
}

// Of a simulated device the rate is the simulation's, the joules the device's.
void PrintSummary(const Delta& last) {
  const Usage& usage = last.usage;
  const double decode =
      (last.timings.finished - last.timings.first_token).count();
  const int gaps = usage.completion_tokens - 1;
  std::cout << absl::StrFormat("\n[%d prompt + %d generated tokens",
                               usage.prompt_tokens, usage.completion_tokens);
  if (gaps > 0 && decode > 0) {
    std::cout << absl::StrFormat(", %.1f tokens/s%s", gaps / decode,
                                 usage.energy.device_time ? " simulated" : "");
  }
  if (usage.energy.device_time) {
    std::cout << absl::StrFormat(", %.3g s on the device",
                                 usage.energy.device_time->count());
  }
  std::cout << ", " << FormatJoules(usage.energy.total);
  if (usage.energy.per_output_token) {
    std::cout << ", " << FormatJoules(*usage.energy.per_output_token)
              << " a token";
  }
  std::cout << ", " << usage.energy.method << "]\n";
}

void PrintJson(const Provenance& from, const std::optional<DeviceStats>& device,
               const std::string& text, const Delta& last) {
  Json json = Json::object();
  json["text"] = text;
  json["usage"] = UsageJson(last.usage);
  json["ttft_seconds"] = last.timings.first_token.count();
  json["seconds"] = last.timings.finished.count();
  AddBitActivity(device, json);
  AddProvenance(from, json);
  std::cout << DumpJson(json) << "\n";
}

int Generate(const GenerateFlags& flags, const BuildInfo& build) {
  const SteadyClock clock;
  const absl::StatusOr<OpenedEngine> opened =
      OpenEngine(flags.engine, clock, build, kHostRoot);
  if (!opened.ok()) return PrintError(opened.status());
  Engine& engine = *opened->engine;
  absl::StatusOr<Request> request = MakeRequest(flags, engine.model());
  if (!request.ok()) return PrintError(request.status());
  request->id = "generate";
  const absl::StatusOr<std::shared_ptr<ResponseChannel>> channel =
      engine.Submit(*std::move(request), [] {});
  if (!channel.ok()) return PrintError(channel.status());
  std::string text;
  const Delta last = Follow(**channel, flags.json, text);
  if (!last.status.ok()) return PrintError(last.status);
  if (flags.json) {
    PrintJson(opened->provenance, engine.stats().device, text, last);
  } else {
    PrintSummary(last);
  }
  return 0;
}

// As typed: the API's reader says what is wrong with it.
Flag RawFlag(const SamplingFlag& flag,
             std::map<std::string, std::string>& out) {
  return {flag.name, "NUMBER", flag.help, "",
          [&out, name = flag.name](const std::string& text) {
            out[name] = text;
            return absl::OkStatus();
          }};
}

std::vector<Flag> GenerateFlagTable(GenerateFlags& flags) {
  std::vector<Flag> table = EngineFlagTable(flags.engine);
  table.push_back(Required(TextFlag("prompt", "TEXT", "text", flags.prompt)));
  table.push_back(IntFlag("max-tokens", "generated tokens at the most", 0,
                          std::numeric_limits<int>::max(), flags.max_tokens));
  table.push_back(TextListFlag("stop", "TEXT",
                               "string that ends the reply; may be repeated",
                               flags.stop));
  for (const SamplingFlag& flag : kSamplingFlags) {
    table.push_back(RawFlag(flag, flags.sampling));
  }
  table.push_back(SwitchFlag("ignore-eos", "go on after the end-of-text token",
                             flags.ignore_eos));
  table.push_back(
      SwitchFlag("chat", "through the model's chat template", flags.chat));
  table.push_back(SwitchFlag("json", "one JSON object at the end", flags.json));
  return table;
}

}  // namespace

Command GenerateCommand(const BuildInfo& build) {
  auto flags = std::make_shared<GenerateFlags>();
  return {.name = "generate",
          .help = "one reply on the terminal",
          .flags = GenerateFlagTable(*flags),
          .takes_config = true,
          .run = [flags, build] { return Generate(*flags, build); }};
}

}  // namespace mj
