#include "bench/load/sse_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

using testing::ElementsAreArray;

using Events = std::vector<std::string>;

// All of `text`, `step` bytes at a time.
Events Parse(std::string_view text, size_t step = 1 << 20) {
  SseParser parser;
  Events events;
  for (size_t i = 0; i < text.size(); i += step) {
    EXPECT_TRUE(
        parser
            .Feed(text.substr(i, step),
                  [&](std::string_view data) { events.emplace_back(data); })
            .ok());
  }
  return events;
}

struct Case {
  const char* name;
  const char* text;
  Events events;
};

const Case kCases[] = {
    {"one", "data: a\n\n", {"a"}},
    {"no blank after the colon", "data:a\n\n", {"a"}},
    {"one blank is taken", "data:  a\n\n", {" a"}},
    {"lines are joined", "data: a\ndata: b\n\n", {"a\nb"}},
    {"empty data", "data\n\ndata:\n\n", {"", ""}},
    {"carriage returns",
     "data: a\r\n\r\ndata: b\r\rdata: c\n\n",
     {"a", "b", "c"}},
    {"comments and other fields",
     ": hi\nevent: x\nid: 1\nretry: 5\ndata: a\n\n",
     {"a"}},
    {"a longer field name", "database: a\n\n", {}},
    {"an event without its empty line", "data: a\n\ndata: b\n", {"a"}},
    {"empty lines alone", "\n\n\r\n\n", {}},
    {"colons in data", "data: {\"a\": 1}\n\n", {"{\"a\": 1}"}},
};

TEST(SseParserTest, EventsAreTheSameHoweverBytesAreCut) {
  for (const Case& c : kCases) {
    for (size_t step : {1, 2, 3, 5, 100}) {
      EXPECT_THAT(Parse(c.text, step), ElementsAreArray(c.events))
          << c.name << ", " << step << " bytes at a time";
    }
  }
}

TEST(SseParserTest, AnEndlessEventIsRefused) {
  SseParser parser;
  const auto ignore = [](std::string_view) {};
  const std::string much(SseParser::kMostBytes, 'x');
  ASSERT_TRUE(parser.Feed(much, ignore).ok());
  const absl::Status status = parser.Feed("y", ignore);
  EXPECT_EQ(status.message(), "an event has over 16777216 bytes");
}

}  // namespace
}  // namespace mj
