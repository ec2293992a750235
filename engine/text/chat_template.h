// A model file's chat template: the Jinja dialect Hugging Face renders it
// with (trim_blocks, lstrip_blocks, break/continue, raise_exception,
// strftime_now, tojson). Rendering is bounded in depth, output and steps.
// Immutable after Parse: any thread may call.
#ifndef MILLIJOULE_ENGINE_TEXT_CHAT_TEMPLATE_H_
#define MILLIJOULE_ENGINE_TEXT_CHAT_TEMPLATE_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/text/jinja_limits.h"
#include "nlohmann/json.hpp"

namespace mj {

struct RenderOptions {
  jinja::Limits limits;
  // What strftime_now reads: tests give a clock of their own.
  std::function<absl::Time()> now = absl::Now;
  absl::TimeZone time_zone = absl::LocalTimeZone();
};

class ChatTemplate final {
 public:
  // INVALID_ARGUMENT: a syntax error, with its line.
  // RESOURCE_EXHAUSTED: nested too deep.
  static absl::StatusOr<ChatTemplate> Parse(std::string_view source);

  // `context` holds the template's variables: messages, tools,
  // add_generation_prompt, bos_token, eos_token and whatever else a request
  // passes (chat_template_kwargs). What is absent is undefined in Jinja's
  // sense. Key order of objects is kept.
  // INVALID_ARGUMENT: raise_exception's message, or the error with its line.
  // RESOURCE_EXHAUSTED: a limit was passed, with its name and value.
  absl::StatusOr<std::string> Render(const nlohmann::ordered_json& context,
                                     const RenderOptions& options = {}) const;

  ~ChatTemplate();
  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;

 private:
  struct Impl;
  explicit ChatTemplate(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_CHAT_TEMPLATE_H_
