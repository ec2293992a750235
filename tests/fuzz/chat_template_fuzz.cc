// libFuzzer: no template and no context crashes the interpreter, hangs it or
// passes its limits. The input is a template and, after a zero byte, the
// context as JSON.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/text/chat_template.h"

namespace {

constexpr char kContext[] =
    R"({"messages": [{"role": "user", "content": "Hi"},
                     {"role": "assistant", "content": ["a", 1, null]}],
        "tools": [{"name": "f", "parameters": {"a": 1.5}}],
        "add_generation_prompt": true, "x": "text", "n": 7})";

nlohmann::ordered_json ParseContext(std::string_view text) {
  auto context = nlohmann::ordered_json::parse(text, nullptr, false);
  return context.is_object() ? context
                             : nlohmann::ordered_json::parse(kContext);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\0');
  const auto parsed = mj::ChatTemplate::Parse(input.substr(0, end));
  if (!parsed.ok()) return 0;
  mj::RenderOptions options;
  options.limits.steps = 200'000;
  options.limits.total_bytes = 64 << 20;
  options.now = [] { return absl::UnixEpoch(); };
  const auto text = parsed->Render(
      ParseContext(end == input.npos ? "" : input.substr(end + 1)), options);
  if (text.ok() && text->size() > 2 * options.limits.output_bytes) {
    __builtin_trap();
  }
  return 0;
}
