#include "engine/text/chat_template.h"

#include <utility>

#include "engine/text/jinja_builtins.h"
#include "engine/text/jinja_evaluator.h"
#include "engine/text/jinja_json.h"
#include "engine/text/jinja_parser.h"
#include "engine/text/jinja_runtime.h"

namespace mj {

struct ChatTemplate::Impl {
  jinja::Template tree;

  // Sets what the template names: the context's values over the globals.
  void SetGlobals(jinja::Runtime& runtime, jinja::Scope& scope,
                  const nlohmann::ordered_json& context) const {
    auto globals = jinja::Globals();
    for (size_t id = 0; id < tree.names.size(); ++id) {
      const std::string& name = tree.names[id];
      const auto given = context.find(name);
      if (given != context.end()) {
        scope.Set(static_cast<int>(id), jinja::FromJson(runtime, *given));
        continue;
      }
      for (auto& [global, value] : globals) {
        if (global == name) scope.Set(static_cast<int>(id), value);
      }
    }
  }
};

ChatTemplate::ChatTemplate(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;

absl::StatusOr<ChatTemplate> ChatTemplate::Parse(std::string_view source) {
  auto tree = jinja::ParseTemplate(source);
  if (!tree.ok()) return tree.status();
  return ChatTemplate(std::make_unique<Impl>(Impl{*std::move(tree)}));
}

absl::StatusOr<std::string> ChatTemplate::Render(
    const nlohmann::ordered_json& context, const RenderOptions& options) const {
  if (!context.is_object()) {
    return absl::InvalidArgumentError(
        "a chat template's context must be an object");
  }
  jinja::Runtime runtime(options.limits, options.now, options.time_zone);
  jinja::Evaluator evaluator(runtime, impl_->tree);
  const auto globals = std::make_shared<jinja::Scope>(nullptr);
  impl_->SetGlobals(runtime, *globals, context);
  std::string out;
  evaluator.Run(impl_->tree.body, globals, out);
  if (!runtime.ok()) return runtime.status();
  return out;
}

}  // namespace mj
