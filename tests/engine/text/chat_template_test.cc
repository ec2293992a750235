#include "engine/text/chat_template.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace mj {
namespace {

using nlohmann::ordered_json;

constexpr char kTurns[] = R"({"messages": [
  {"role": "system", "content": "Be terse."},
  {"role": "user", "content": " Hi "},
  {"role": "assistant", "content": "Hello"},
  {"role": "user", "content": "2+2?"}],
  "bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": true,
  "tools": [{"name": "f", "arguments": {"z": [1.0, null]}}]})";

absl::StatusOr<std::string> Render(std::string_view source,
                                   const ordered_json& context,
                                   const RenderOptions& options = {}) {
  auto parsed = ChatTemplate::Parse(source);
  if (!parsed.ok()) return parsed.status();
  return parsed->Render(context, options);
}

struct FamilyCase {
  const char* name;
  const char* source;
  const char* want;
};

// Templates in the shape of model families, and what jinja2 makes of kTurns.
constexpr FamilyCase kFamilies[] = {
    {"chatml",
     "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + "
     "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
     "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
     "<|im_start|>system\nBe terse.<|im_end|>\n<|im_start|>user\n Hi "
     "<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\n"
     "2+2?<|im_end|>\n<|im_start|>assistant\n"},
    {"instruct tags",
     "{% if messages[0]['role'] == 'system' %}{% set loop_messages = "
     "messages[1:] %}{% set system_message = messages[0]['content'] %}"
     "{% else %}{% set loop_messages = messages %}{% endif %}"
     "{% for message in loop_messages %}"
     "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
     "{{ raise_exception('Roles must alternate') }}{% endif %}"
     "{% if loop.index0 == 0 and system_message is defined %}"
     "{% set content = '<<SYS>>\n' + system_message + '\n<</SYS>>\n\n' + "
     "message['content'] %}{% else %}{% set content = message['content'] %}"
     "{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + "
     "content.strip() + ' [/INST]' }}{% else %}{{ ' ' + content.strip() + ' ' "
     "+ eos_token }}{% endif %}{% endfor %}",
     "<s>[INST] <<SYS>>\nBe terse.\n<</SYS>>\n\n Hi [/INST] Hello </s><s>"
     "[INST] 2+2? [/INST]"},
    {"headers and tools",
     "{{- bos_token }}\n{%- if tools is not none and tools|length > 0 %}\n"
     "    {%- for t in tools %}\n        {{- t | tojson(indent=2) }}\n"
     "        {{- \"\\n\" }}\n    {%- endfor %}\n{%- endif %}\n"
     "{%- for message in messages | rejectattr('role', 'equalto', 'system') "
     "%}\n    {{- '<|h|>' ~ message.role ~ '<|/h|>' ~ message.content | trim "
     "}}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- "
     "'<|h|>assistant' }}\n{%- endif %}\n",
     "<s>{\n  \"name\": \"f\",\n  \"arguments\": {\n    \"z\": [\n      1.0,\n"
     "      null\n    ]\n  }\n}\n<|h|>user<|/h|>Hi<|h|>assistant<|/h|>Hello"
     "<|h|>user<|/h|>2+2?<|h|>assistant"},
    {"last query by namespace",
     "{%- set ns = namespace(last=-1) %}{%- for m in messages[::-1] %}"
     "{%- set index = (messages|length - 1) - loop.index0 %}"
     "{%- if ns.last < 0 and m.role == 'user' and m.content is string %}"
     "{%- set ns.last = index %}{%- endif %}{%- endfor %}{{ ns.last }}",
     "3"},
    {"macro over tools",
     "{%- macro show(value) %}{%- if value is mapping %}<"
     "{%- for k, v in value|dictsort %}{{ k }}:{{ show(v) }}"
     "{%- if not loop.last %},{% endif %}{%- endfor %}>"
     "{%- elif value is iterable and value is not string %}["
     "{%- for v in value %}{{ show(v) }};{% endfor %}]"
     "{%- else %}{{ value }}{% endif %}{%- endmacro %}{{ show(tools) }}",
     "[<arguments:<z:[1.0;None;]>,name:f>;]"},
};

TEST(ChatTemplate, RendersTheShapesOfModelFamilies) {
  const auto context = ordered_json::parse(kTurns);
  for (const FamilyCase& c : kFamilies) {
    SCOPED_TRACE(c.name);
    const auto text = Render(c.source, context);
    ASSERT_TRUE(text.ok()) << text.status();
    EXPECT_EQ(*text, c.want);
  }
}

TEST(ChatTemplate, RaisedMessagesComeAsTheyAre) {
  const auto raised =
      Render("{{ raise_exception('No system role') }}", ordered_json::object());
  EXPECT_EQ(raised.status().message(), "No system role");
}

TEST(ChatTemplate, ErrorsNameTheirLine) {
  const auto context = ordered_json::object();
  EXPECT_EQ(Render("a\n{{ x.y }}", context).status().message(),
            "line 2: 'x' is undefined");
  EXPECT_EQ(Render("a\nb\n{% if %}", context).status().message(),
            "line 3: Expected an expression, got 'end of statement block'");
}

TEST(ChatTemplate, ReadsTheInjectedClock) {
  RenderOptions options;
  options.now = [] { return absl::FromUnixSeconds(1'709'210'096); };
  options.time_zone = absl::FixedTimeZone(3600);
  const auto text = Render(
      "{{ strftime_now('%d %b %Y %H:%M:%S %A %B %j %y %-d %p %% %Z|') }}",
      ordered_json::object(), options);
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, "29 Feb 2024 13:34:56 Thursday February 060 24 29 PM % |");
}

struct LimitCase {
  const char* name;
  std::string source;
};

std::string Repeat(const std::string& text, int count) {
  std::string out;
  for (; count > 0; --count) out += text;
  return out;
}

TEST(ChatTemplate, LimitsStopHostileTemplates) {
  const std::string loops = "{% for a in range(100000) %}";
  const LimitCase kLimits[] = {
      {"steps", Repeat(loops, 3) + Repeat("{% endfor %}", 3)},
      {"output", loops + "{{ 'x' * 1000 }}{% endfor %}"},
      {"string", "{{ 'a' * 10 ** 9 }}"},
      {"list", "{{ [0] * 10 ** 9 }}"},
      {"doubling", "{% set n = namespace(x='ab') %}" + loops +
                       "{% set n.x = n.x ~ n.x %}{% endfor %}"},
      {"wide padding", "{{ 'a'.ljust(10 ** 12) }}"},
      {"big integer", "{{ 9 ** 99 }}"},
      {"macro recursion", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"},
      {"nested list", "{% set n = namespace(x=[]) %}" + loops +
                          "{% set n.x = [n.x] %}{% endfor %}"},
      {"shared list",
       "{% set n = namespace(x=[0]) %}{% for a in range(90) %}"
       "{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}"},
      {"slow search", "{{ ('a' * 4000000).find('a' * 2000000 ~ 'b') }}"},
      {"open brackets", "{{ " + Repeat("[", 5000)},
      {"long chain", "{{ 1" + Repeat(" + 1", 5000) + " }}"},
      {"nested tags", Repeat("{% if x %}", 5000)},
  };
  for (const LimitCase& c : kLimits) {
    SCOPED_TRACE(c.name);
    const auto text = Render(c.source, ordered_json::object());
    EXPECT_EQ(text.status().code(), absl::StatusCode::kResourceExhausted)
        << text.status();
  }
}

TEST(ChatTemplate, NamespacesThatHoldThemselvesAreFreed) {
  const auto text = Render(
      "{% set n = namespace() %}{% set n.self = n %}"
      "{% macro f() %}{% endmacro %}{% set n.f = f %}"
      "{% for i in range(5000) %}{% set n.x = namespace(before=n.x) %}"
      "{% endfor %}ok",
      ordered_json::object());
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, "ok");
}

TEST(ChatTemplate, ThreadsShareOneTemplate) {
  const auto parsed = ChatTemplate::Parse(kFamilies[0].source);
  ASSERT_TRUE(parsed.ok());
  const auto context = ordered_json::parse(kTurns);
  std::vector<std::string> texts(4);
  std::vector<std::thread> threads;
  for (std::string& text : texts) {
    threads.emplace_back([&] { text = *parsed->Render(context); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : texts) EXPECT_EQ(text, kFamilies[0].want);
}

}  // namespace
}  // namespace mj
