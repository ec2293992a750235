// millijoule render: a chat template's output, without a model.
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/text/chat_template.h"
#include "server/commands/commands.h"
#include "server/commands/output.h"
#include "server/openai/json_reader.h"

namespace mj {
namespace {

struct RenderFlags {
  std::string chat_template;
  std::string messages;
  std::string tools;
  bool add_generation_prompt = false;
};

absl::StatusOr<Json> ReadJsonFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  absl::StatusOr<Json> json = ParseJson(*text);
  if (json.ok()) return json;
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", json.status().message()));
}

absl::StatusOr<std::string> Rendering(const RenderFlags& flags) {
  const absl::StatusOr<std::string> source = ReadFile(flags.chat_template);
  if (!source.ok()) return source.status();
  const absl::StatusOr<ChatTemplate> parsed = ChatTemplate::Parse(*source);
  if (!parsed.ok()) return parsed.status();
  Json context = Json::object();
  absl::StatusOr<Json> messages = ReadJsonFile(flags.messages);
  if (!messages.ok()) return messages.status();
  context["messages"] = *std::move(messages);
  if (!flags.tools.empty()) {
    absl::StatusOr<Json> tools = ReadJsonFile(flags.tools);
    if (!tools.ok()) return tools.status();
    context["tools"] = *std::move(tools);
  }
  context["add_generation_prompt"] = flags.add_generation_prompt;
  return parsed->Render(context);
}

int Render(const RenderFlags& flags) {
  const absl::StatusOr<std::string> text = Rendering(flags);
  if (!text.ok()) return PrintError(text.status());
  std::cout.write(text->data(), static_cast<std::streamsize>(text->size()));
  return 0;
}

}  // namespace

Command RenderCommand() {
  auto flags = std::make_shared<RenderFlags>();
  return {
      .name = "render",
      .help = "a chat template's output, without a model",
      .flags = {Required(TextFlag("template", "FILE", "Jinja",
                                  flags->chat_template)),
                Required(TextFlag("messages", "FILE", "JSON", flags->messages)),
                TextFlag("tools", "FILE", "JSON", flags->tools),
                SwitchFlag("add-generation-prompt", "open the assistant's turn",
                           flags->add_generation_prompt)},
      .run = [flags] { return Render(*flags); }};
}

}  // namespace mj
