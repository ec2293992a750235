#include "engine/simulate/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

constexpr const char* kAzure =
    "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
    "2023-11-16 18:15:46.6805900,374,44\r\n"
    "2023-11-16 18:15:50.9951690,396,0\r\n"
    "2023-11-16 18:15:50.9951690,879,55\r\n";

TEST(TraceTest, ReadsAzuresFormat) {
  const auto trace = ParseTrace("t.csv", kAzure, {});
  ASSERT_TRUE(trace.ok()) << trace.status();
  ASSERT_EQ(trace->size(), 3u);
  EXPECT_EQ((*trace)[0].arrival, Seconds(0));
  EXPECT_NEAR((*trace)[1].arrival.count(), 4.314579, 1e-9);
  EXPECT_EQ((*trace)[1].arrival, (*trace)[2].arrival);
  EXPECT_EQ((*trace)[2].prompt_tokens, 879);
  EXPECT_EQ((*trace)[2].output_tokens, 55);
  EXPECT_EQ((*trace)[1].output_tokens, 1) << "no tokens count as one";
}

TEST(TraceTest, ColumnsComeInAnyOrderAndTimesMayNameTheirZone) {
  const auto trace = ParseTrace("t",
                                "GeneratedTokens,TIMESTAMP,ContextTokens\n"
                                "5,2024-05-10 00:00:00.009930+00:00,7\n"
                                "\n"
                                "6,2024-05-10 00:00:01.009930+00:00,8",
                                {});
  ASSERT_TRUE(trace.ok()) << trace.status();
  ASSERT_EQ(trace->size(), 2u);
  EXPECT_EQ((*trace)[1].prompt_tokens, 8);
  EXPECT_DOUBLE_EQ((*trace)[1].arrival.count(), 1);
}

TEST(TraceTest, ScaleDividesTheGapsAndRequestsCuts) {
  const auto trace = ParseTrace("t", kAzure, {.scale = 2, .max_requests = 2});
  ASSERT_TRUE(trace.ok());
  ASSERT_EQ(trace->size(), 2u);
  EXPECT_NEAR((*trace)[1].arrival.count(), 4.314579 / 2, 1e-9);
}

struct BadTrace {
  const char* name;
  const char* text;
  const char* message;
};

TEST(TraceTest, BadTracesNameTheLine) {
#define HEADER "TIMESTAMP,ContextTokens,GeneratedTokens\n"
  constexpr BadTrace kCases[] = {
      {"empty", "", "t: is empty"},
      {"no text", "\x1b[2J,\x01\n", "t:1: the column \"\\033[2J\" is unknown"},
      {"no requests", HEADER, "t:1: has no request after the header"},
      {"unknown column", "TIMESTAMP,ContextTokens,GeneratedTokens,Price\n",
       "t:1: the column \"Price\" is unknown; known: TIMESTAMP"},
      {"missing column", "TIMESTAMP,ContextTokens\n",
       "t:1: the column \"GeneratedTokens\" is missing"},
      {"column twice", "TIMESTAMP,TIMESTAMP,ContextTokens\n",
       "t:1: \"TIMESTAMP\" stands there twice"},
      {"unsorted", HEADER "2023-11-16 18:15:46,1,1\n2023-11-16 18:15:45,1,1\n",
       "t:3: TIMESTAMP \"2023-11-16 18:15:45\" is before the line above"},
      {"no date", HEADER "yesterday,1,1\n", "t:2: TIMESTAMP is \"yesterday\""},
      {"negative prompt", HEADER "2023-11-16 18:15:46,-4,1\n",
       "t:2: ContextTokens is \"-4\", must be a whole number from 1"},
      {"empty prompt", HEADER "2023-11-16 18:15:46,0,1\n",
       "t:2: ContextTokens is \"0\""},
      {"negative reply", HEADER "2023-11-16 18:15:46,4,-1\n",
       "t:2: GeneratedTokens is \"-1\", must be a whole number from 0"},
      {"a fraction", HEADER "2023-11-16 18:15:46,4,1.5\n",
       "t:2: GeneratedTokens is \"1.5\""},
      {"too large", HEADER "2023-11-16 18:15:46,99999999999,1\n",
       "t:2: ContextTokens is \"99999999999\""},
      {"too few fields", HEADER "2023-11-16 18:15:46,4\n",
       "t:2: has 2 fields, must have 3"},
      {"too many fields", HEADER "2023-11-16 18:15:46,4,5,6\n",
       "t:2: has 4 fields, must have 3"},
  };
#undef HEADER
  for (const BadTrace& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto trace = ParseTrace("t", c.text, {});
    EXPECT_EQ(trace.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(trace.status().message()), HasSubstr(c.message));
  }
}

TEST(TraceTest, AHugeTraceIsRefusedUnlessItIsCut) {
  std::string text = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
  const std::string line = "2023-11-16 18:15:46,1,1\n";
  // Checked on a cut, so that the test stays quick: the limit itself is a
  // count of requests, not of bytes.
  for (int i = 0; i < 1000; ++i) text += line;
  EXPECT_EQ(ParseTrace("t", text, {.max_requests = 10})->size(), 10u);
  static_assert(kMostTraceRequests == 5'000'000);
}

TEST(TraceTest, AMissingFileIsNotFound) {
  const auto trace = ReadTrace("/nonexistent/t.csv", {});
  EXPECT_EQ(trace.status().code(), absl::StatusCode::kNotFound);
}

TEST(TraceTest, WhatIsNoFileIsNamedAndNotWaitedFor) {
  const TempFolder folder;
  const std::string pipe = folder.path() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const auto& [path, word] :
       {std::pair(folder.path(), "is a folder"),
        {pipe, "no regular file"},
        {std::string("/dev/zero"), "no regular file"}}) {
    const absl::Status status = ReadTrace(path, {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(
        std::string(status.message()),
        testing::AllOf(testing::HasSubstr(path), testing::HasSubstr(word)));
  }
}

TEST(TraceTest, PoissonArrivalsHaveTheRateAndAreReproducible) {
  const TraceOptions options{.scale = 2, .max_requests = 20000};
  const LengthDistribution prompt = *LengthDistribution::Parse("uniform:1:9");
  const auto a = PoissonTrace(3, prompt, LengthDistribution(7), 5, options);
  ASSERT_EQ(a.size(), 20000u);
  EXPECT_EQ(a[0].arrival, Seconds(0));
  EXPECT_NEAR(20000 / a.back().arrival.count(), 6, 0.15);
  double prompts = 0, squares = 0;
  for (size_t i = 1; i < a.size(); ++i) {
    ASSERT_GE(a[i].arrival, a[i - 1].arrival);
    EXPECT_EQ(a[i].output_tokens, 7);
    prompts += a[i].prompt_tokens;
    const double gap = (a[i].arrival - a[i - 1].arrival).count();
    squares += gap * gap;
  }
  EXPECT_NEAR(prompts / 20000, 5, 0.1);
  // An exponential's second moment is twice the square of its mean.
  EXPECT_NEAR(squares / 20000 * 36, 2, 0.15);
  const auto b = PoissonTrace(3, prompt, LengthDistribution(7), 5, options);
  EXPECT_EQ(a.back().arrival, b.back().arrival);
  const auto c = PoissonTrace(3, prompt, LengthDistribution(7), 6, options);
  EXPECT_NE(a.back().arrival, c.back().arrival);
}

// The real trace, where the machine has it.
TEST(TraceTest, ReadsTheRecordedConversations) {
  const char* folder = std::getenv("MILLIJOULE_TRACE_DIR");
  const std::string path =
      std::string(folder == nullptr ? "" : folder) + "/azure-llm-2023-conv.csv";
  if (folder == nullptr || !std::filesystem::exists(path)) {
    GTEST_SKIP() << "MILLIJOULE_TRACE_DIR names no folder with "
                    "azure-llm-2023-conv.csv";
  }
  const auto trace = ReadTrace(path, {});
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->size(), 19366u);
  EXPECT_NEAR(trace->back().arrival.count(), 3501.72, 0.01);
}

}  // namespace
}  // namespace mj
