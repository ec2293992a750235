#include "bench/load/reply_check.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

struct CountCase {
  const char* name;
  TokenCounts counts;
  int said;  // by usage; negative: no usage
  const char* want;
};

constexpr CountCase kCountCases[] = {
    {"agrees", {.asked = 4, .text_events = 4, .cut_by_length = true}, 4, ""},
    {"joined tokens", {.asked = 4, .text_events = 2}, 4, ""},
    {"an event too many", {.asked = 4, .text_events = 5}, 4, "repeated_tokens"},
    {"held-back text at the end",
     {.asked = 4, .text_events = 5, .text_at_finish = true},
     4,
     ""},
    {"listed one too many",
     {.asked = 4, .text_events = 4, .listed = 5},
     4,
     "repeated_tokens"},
    {"listed one too few",
     {.asked = 4, .text_events = 3, .listed = 3},
     4,
     "missing_tokens"},
    {"nothing listed",
     {.asked = 4, .text_events = 4, .listed = 0},
     4,
     "no_token_list"},
    {"length, but short",
     {.asked = 4, .text_events = 3, .cut_by_length = true},
     3,
     "missing_tokens"},
    {"short by a stop", {.asked = 4, .text_events = 3}, 3, ""},
    {"more than asked", {.asked = 4, .text_events = 5}, 5, "too_many_tokens"},
    {"nothing", {.asked = 4}, 0, "empty_reply"},
    {"nothing, no usage", {.asked = 4}, -1, "empty_reply"},
    {"no usage to agree with", {.asked = 4, .text_events = 9}, -1, ""},
    {"goes on after its end",
     {.asked = 4, .text_events = 4, .text_after_finish = true},
     4,
     "text_after_finish"},
};

TEST(ReplyCheckTest, NamesTheDisagreement) {
  for (const CountCase& c : kCountCases) {
    std::optional<ReplyUsage> usage;
    if (c.said >= 0) usage = ReplyUsage{.output_tokens = c.said};
    EXPECT_EQ(Disagreement(c.counts, usage), c.want) << c.name;
  }
}

constexpr const char* kToken =
    "data: {\"choices\":[{\"text\":\"a\",\"logprobs\":{\"tokens\":[\"a\"]}}]}"
    "\n\n";
constexpr const char* kFinish =
    "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}]}\n\n";
constexpr const char* kUsage =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,"
    "\"completion_tokens\":2}}\n\n";
constexpr const char* kDone = "data: [DONE]\n\n";

std::string ErrorOf(const std::string& stream, bool lists_tokens = false) {
  StreamReader reader(2, lists_tokens);
  reader.Feed(stream, Seconds(1));
  return reader.End();
}

TEST(StreamReaderTest, NamesWhatIsWrongWithAStream) {
  const std::string token = kToken, end = kFinish + std::string(kUsage);
  EXPECT_EQ(ErrorOf(token + token + end + kDone), "");
  EXPECT_EQ(ErrorOf(token + token + end), "cut_off");
  EXPECT_EQ(ErrorOf(token + token + kUsage + kDone), "unfinished");
  EXPECT_EQ(ErrorOf(token + "data: {\n\n" + end + kDone), "malformed_event");
  EXPECT_EQ(ErrorOf(token + "data: {\"error\":{}}\n\n" + kDone), "error_event");
  EXPECT_EQ(ErrorOf(token + token + end + kDone + token), "data_after_done");
  EXPECT_EQ(ErrorOf(token + token + token + end + kDone), "repeated_tokens");
  EXPECT_EQ(ErrorOf(token + end + token + kDone), "text_after_finish");
  EXPECT_EQ(ErrorOf(token + token + end + kFinish + kDone),
            "text_after_finish");
  EXPECT_EQ(ErrorOf(""), "cut_off");
  EXPECT_EQ(ErrorOf(token + "data: {\"usage\":{\"completion_tokens\":-1}}\n\n"),
            "malformed_usage");
}

TEST(StreamReaderTest, AJoinedTokenIsMissedOnlyWhereTokensAreListed) {
  const std::string stream = kToken + std::string(kFinish) + kUsage + kDone;
  EXPECT_EQ(ErrorOf(stream), "");
  EXPECT_EQ(ErrorOf(stream, /*lists_tokens=*/true), "missing_tokens");
}

TEST(StreamReaderTest, IsOverWithItsLastEventOrAnError) {
  StreamReader reader(2, false);
  reader.Feed(std::string(kToken) + kToken + kFinish + kUsage, Seconds(1));
  EXPECT_FALSE(reader.is_over());
  reader.Feed(kDone, Seconds(2));
  EXPECT_TRUE(reader.is_over());
  EXPECT_FALSE(reader.has_error());
  EXPECT_EQ(reader.reply().finished, Seconds(2));
  StreamReader wrong(2, false);
  wrong.Feed("data: {\n\n", Seconds(1));
  EXPECT_TRUE(wrong.has_error());
}

TEST(StreamReaderTest, NotesTheTimesOfText) {
  StreamReader reader(2, false);
  reader.Feed(kToken, Seconds(1));
  reader.Feed(kToken, Seconds(3));
  reader.Feed(kFinish + std::string(kUsage) + kDone, Seconds(4));
  EXPECT_EQ(reader.End(), "");
  EXPECT_EQ(reader.reply().text_times,
            (std::vector<Seconds>{Seconds(1), Seconds(3)}));
  EXPECT_EQ(reader.reply().usage->output_tokens, 2);
}

}  // namespace
}  // namespace mj
