#include "bench/load/prompts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace mj {
namespace {

TEST(PromptsTest, MadeUpOnesHaveTheirWordsAndBeginApart) {
  std::set<std::string> beginnings;
  for (int i = 0; i < 1000; ++i) {
    const std::string prompt = MadeUpPrompt(1, i, 40);
    EXPECT_EQ(std::count(prompt.begin(), prompt.end(), ' '), 39);
    EXPECT_EQ(prompt, MadeUpPrompt(1, i, 40));
    // Five words: 2^35 kinds.
    size_t end = 0;
    for (int word = 0; word < 5; ++word) end = prompt.find(' ', end + 1);
    beginnings.insert(prompt.substr(0, end));
  }
  EXPECT_EQ(beginnings.size(), 1000u);
  EXPECT_NE(MadeUpPrompt(1, 0, 40), MadeUpPrompt(2, 0, 40));
}

TEST(PromptsTest, LinesAreTextStringsOrObjects) {
  const auto prompts = ParsePrompts(
      "p",
      "plain text\r\n"
      "\n"
      "\"two\\nlines\"\n"
      "{\"prompt\": \"of an object\"}\n"
      "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}");
  ASSERT_TRUE(prompts.ok()) << prompts.status();
  ASSERT_EQ(prompts->size(), 4u);
  EXPECT_EQ((*prompts)[0].text, "plain text");
  EXPECT_EQ((*prompts)[1].text, "two\nlines");
  EXPECT_EQ((*prompts)[2].text, "of an object");
  EXPECT_EQ((*prompts)[3].messages_json, R"([{"content":"hi","role":"user"}])");
}

struct WrongCase {
  const char* text;
  const char* message;
};

constexpr WrongCase kWrongCases[] = {
    {"", "p has no prompt; a line each is needed"},
    {"\n\n", "p has no prompt; a line each is needed"},
    {"a\n{\"x\"", "p:2: begins like JSON and is none"},
    {"{\"x\": 1}",
     "p:1: has neither \"prompt\", a text, nor \"messages\", a list"},
};

TEST(PromptsTest, SaysWhichLineIsWrong) {
  for (const WrongCase& c : kWrongCases) {
    EXPECT_EQ(ParsePrompts("p", c.text).status().message(), c.message);
  }
  EXPECT_EQ(ReadPrompts("/nowhere").status().message(),
            "--prompts /nowhere cannot be read as a file");
}

TEST(PromptsTest, MarksOfByteOrderAndBlanksAreNoPrompt) {
  const auto prompts = ParsePrompts(
      "f",
      "\xef\xbb\xbf{\"prompt\":\"a\"}\r\n  \t\n  {\"prompt\":\"b\"}\n c\n");
  ASSERT_TRUE(prompts.ok()) << prompts.status();
  ASSERT_EQ(prompts->size(), 3u);
  EXPECT_EQ((*prompts)[0].text, "a");
  EXPECT_EQ((*prompts)[1].text, "b");
  EXPECT_EQ((*prompts)[2].text, " c");
  EXPECT_EQ(ReadPrompts("/").status().message(),
            "--prompts / cannot be read as a file");
}

}  // namespace
}  // namespace mj
