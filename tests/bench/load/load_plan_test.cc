#include "bench/load/load_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

// Mean of the gaps, and their variance over its square.
std::pair<double, double> GapsOf(const std::vector<Seconds>& times) {
  const auto n = static_cast<double>(times.size() - 1);
  const double mean = (times.back() - times.front()).count() / n;
  double squares = 0;
  for (size_t i = 1; i < times.size(); ++i) {
    squares += std::pow((times[i] - times[i - 1]).count() - mean, 2);
  }
  return {mean, squares / n / mean / mean};
}

struct ArrivalCase {
  const char* text;
  double variation;  // variance of a gap / mean^2
};

constexpr ArrivalCase kArrivalCases[] = {
    {"poisson", 1}, {"uniform", 0}, {"gamma", 2}, {"gamma:4", 0.25}};

TEST(LoadPlanTest, GapsHaveTheMeanAndSpreadOfTheirLaw) {
  for (const ArrivalCase& c : kArrivalCases) {
    const auto arrivals = ParseArrivals(c.text);
    ASSERT_TRUE(arrivals.ok()) << c.text;
    const auto times = ArrivalTimes(*arrivals, 50, Seconds(1e9), 20000, 7);
    ASSERT_EQ(times.size(), 20000u) << c.text;
    const auto [mean, variation] = GapsOf(times);
    EXPECT_NEAR(mean, 0.02, 0.02 * 0.03) << c.text;
    EXPECT_NEAR(variation, c.variation, 0.12 * c.variation + 1e-9) << c.text;
  }
}

TEST(LoadPlanTest, RefusesOtherArrivals) {
  for (const char* text :
       {"", "Poisson", "gamma:", "gamma:0", "gamma:x", "trace:", "uniform:3"}) {
    EXPECT_THAT(std::string(ParseArrivals(text).status().message()),
                HasSubstr("is not poisson, uniform"))
        << text;
  }
}

TEST(LoadPlanTest, OpenLoopEndsWithItsDurationOrNumber) {
  const auto by_time =
      MakePlan({.rate = 10, .arrivals = "uniform", .duration_seconds = 2.05});
  ASSERT_TRUE(by_time.ok()) << by_time.status();
  EXPECT_EQ(by_time->due.size(), 21u);
  EXPECT_NEAR(by_time->due[20].count(), 2, 1e-9);
  EXPECT_EQ(by_time->warm_up_requests, 2);
  EXPECT_DOUBLE_EQ(by_time->end.count(), 2.05);
  const auto by_number =
      MakePlan({.rate = 10, .arrivals = "uniform", .requests = 30});
  ASSERT_TRUE(by_number.ok());
  EXPECT_EQ(by_number->due.size(), 30u);
  EXPECT_EQ(by_number->warm_up_requests, 3);
  EXPECT_NEAR(by_number->end.count(), 3, 1e-9);  // with the last one's gap
}

TEST(LoadPlanTest, TheWarmUpIsATenthOfWhatIsSent) {
  // The duration ends it, after 21 of the 1,000.
  const auto cut = MakePlan({.rate = 10,
                             .arrivals = "uniform",
                             .duration_seconds = 2.05,
                             .requests = 1000});
  ASSERT_TRUE(cut.ok());
  EXPECT_FALSE(cut->Counts(1, Seconds(0.1)));
  EXPECT_TRUE(cut->Counts(2, Seconds(0.2)));
  // One that is due at once is all there is.
  const auto one = MakePlan({.rate = 0.1, .duration_seconds = 1});
  ASSERT_TRUE(one.ok());
  EXPECT_TRUE(one->Counts(0, Seconds(0)));
  // Closed loop: nobody knows which of both ends it.
  const auto closed =
      MakePlan({.concurrency = 2, .duration_seconds = 10, .requests = 100});
  ASSERT_TRUE(closed.ok());
  EXPECT_FALSE(closed->Counts(9, Seconds(0.9)));
  EXPECT_TRUE(closed->Counts(10, Seconds(0.5)));
  EXPECT_TRUE(closed->Counts(2, Seconds(1)));
  const auto all = MakePlan({.concurrency = 2, .warm_up_seconds = 0});
  ASSERT_TRUE(all.ok());
  EXPECT_TRUE(all->Counts(0, Seconds(0)));
}

TEST(LoadPlanTest, NoRateScalesATraceThatComesAtOnce) {
  const TempFolder folder;
  const std::string path = folder.path() + "/trace.csv";
  std::ofstream(path) << "TIMESTAMP,ContextTokens,GeneratedTokens\n"
                         "2023-11-16 18:00:00.0,10,1\n"
                         "2023-11-16 18:00:00.0,20,2\n";
  EXPECT_TRUE(MakePlan({.arrivals = "trace:" + path}).ok());
  const auto scaled = MakePlan({.rate = 2, .arrivals = "trace:" + path});
  EXPECT_THAT(std::string(scaled.status().message()),
              HasSubstr("all come at once"));
}

TEST(LoadPlanTest, LengthsDependOnSeedAndIndexAlone) {
  PlanWords words{.concurrency = 4,
                  .prompt_tokens = "uniform:100:400",
                  .output_tokens = "lognormal:50:0.5"};
  const auto a = MakePlan(words), b = MakePlan(words);
  words.seed = 2;
  const auto other = MakePlan(words);
  ASSERT_TRUE(a.ok() && b.ok() && other.ok());
  int differ = 0;
  for (int i = 99; i >= 0; --i) {
    const auto lengths = a->LengthsOf(i);
    EXPECT_EQ(lengths.prompt_tokens, b->LengthsOf(i).prompt_tokens);
    EXPECT_EQ(lengths.output_tokens, b->LengthsOf(i).output_tokens);
    EXPECT_GE(lengths.prompt_tokens, 100);
    EXPECT_LE(lengths.prompt_tokens, 400);
    differ += lengths.prompt_tokens != other->LengthsOf(i).prompt_tokens;
  }
  EXPECT_GT(differ, 90);
}

constexpr const char* kTrace =
    "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    "2023-11-16 18:00:00.0,10,1\n"
    "2023-11-16 18:00:01.0,20,2\n"
    "2023-11-16 18:00:04.0,30,3\n";

TEST(LoadPlanTest, ATraceBringsItsLengthsAndIsScaledToTheRate) {
  const TempFolder folder;
  const std::string path = folder.path() + "/trace.csv";
  std::ofstream(path) << kTrace;
  PlanWords words{.arrivals = "trace:" + path};
  const auto own = MakePlan(words);
  ASSERT_TRUE(own.ok()) << own.status();
  ASSERT_EQ(own->due.size(), 3u);
  EXPECT_EQ(own->due[2], Seconds(4));
  EXPECT_EQ(own->LengthsOf(2).prompt_tokens, 30);
  EXPECT_EQ(own->LengthsOf(2).output_tokens, 3);
  words.rate = 1;  // the trace's own is 0.5
  const auto faster = MakePlan(words);
  ASSERT_TRUE(faster.ok());
  EXPECT_DOUBLE_EQ(faster->due[2].count(), 2);
  words.duration_seconds = 1;
  words.warm_up_seconds = 0;
  const auto cut = MakePlan(words);
  ASSERT_TRUE(cut.ok());
  EXPECT_EQ(cut->due.size(), 2u);
}

struct WrongCase {
  PlanWords words;
  const char* message;
};

TEST(LoadPlanTest, SaysWhatIsWrong) {
  const WrongCase kCases[] = {
      {{}, "load needs --rate R, --concurrency C or --arrivals trace:FILE"},
      {{.rate = 1, .concurrency = 2}, "goes with neither --rate nor a trace"},
      {{.concurrency = 2, .arrivals = "trace:x"}, "neither --rate nor a trace"},
      {{.rate = 1, .prompt_tokens = "none"}, "--prompt-tokens: 'none' is not"},
      {{.rate = 1, .output_tokens = "0"}, "--output-tokens: '0' is not"},
      {{.arrivals = "trace:/nowhere"}, "the trace /nowhere cannot be opened"},
      {{.rate = 1e5, .duration_seconds = 100},
       "--rate 100000 for 100 s makes more than 5000000 requests"},
      {{.rate = 1, .duration_seconds = 5, .warm_up_seconds = 5},
       "--warm-up of 5 s leaves nothing of a load whose last request is due"},
      {{.concurrency = 1, .duration_seconds = 5, .warm_up_seconds = 5},
       "--warm-up of 5 s leaves nothing of a load whose last request is due 5 "
       "s"},
      {{.rate = 10,
        .arrivals = "uniform",
        .requests = 5,
        .warm_up_seconds = 60},
       "--warm-up of 60 s leaves nothing of a load whose last request is due "
       "0.4 s"},
  };
  for (const WrongCase& c : kCases) {
    EXPECT_THAT(std::string(MakePlan(c.words).status().message()),
                HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace mj
