// A template beside the text that jinja2 renders it to.
#ifndef MILLIJOULE_TESTS_ENGINE_TEXT_JINJA_CASES_H_
#define MILLIJOULE_TESTS_ENGINE_TEXT_JINJA_CASES_H_

#include <gtest/gtest.h>

#include <span>
#include <string>

#include "engine/text/chat_template.h"

namespace mj {

struct JinjaCase {
  const char* name;
  const char* source;
  const char* want;  // an error's message starts with "error: "
};

// `context_json`: the variables.
inline void ExpectEqualsJinja2(const char* context_json,
                               std::span<const JinjaCase> cases) {
  const auto context = nlohmann::ordered_json::parse(context_json);
  for (const JinjaCase& c : cases) {
    SCOPED_TRACE(c.name);
    const auto parsed = ChatTemplate::Parse(c.source);
    const auto text = parsed.ok() ? parsed->Render(context) : parsed.status();
    if (text.ok()) {
      EXPECT_EQ(*text, c.want);
      continue;
    }
    const std::string message(text.status().message());
    const bool has_line = message.starts_with("line ");
    EXPECT_EQ("error: " + message.substr(has_line ? message.find(": ") + 2 : 0),
              c.want);
  }
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_ENGINE_TEXT_JINJA_CASES_H_
