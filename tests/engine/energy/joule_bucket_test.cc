#include "engine/energy/joule_bucket.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace mj {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr JouleRate kRate = {Watts(2), Joules(10)};

struct RefillCase {
  const char* name;
  double level, seconds, want;
};

constexpr RefillCase kRefillCases[] = {
    // name                 level  seconds  want
    {"no time", 3, 0, 3},
    {"some time", 3, 2, 7},
    {"up to the burst", 3, 100, 10},
    {"out of debt", -3, 2, 1},
    {"still in debt", -30, 2, -26},
    {"a clock gone back", 3, -5, 3},
};

TEST(JouleBucketTest, RefillsByTime) {
  for (const RefillCase& c : kRefillCases) {
    const JouleBucket bucket = {Joules(c.level), Seconds(100)};
    const JouleBucket later = Refill(bucket, kRate, Seconds(100 + c.seconds));
    EXPECT_DOUBLE_EQ(later.level.value(), c.want) << c.name;
    EXPECT_GE(later.updated, Seconds(100)) << c.name;
  }
}

TEST(JouleBucketTest, SpendingMayGoBelowZero) {
  JouleBucket bucket = FullBucket(kRate, Seconds(0));
  EXPECT_EQ(bucket.level, Joules(10));
  bucket = Debit(bucket, kRate, Seconds(1), Joules(25));
  EXPECT_EQ(bucket.level, Joules(-15));  // full at 1 s: no more than the burst
  bucket = Debit(bucket, kRate, Seconds(2), Joules(0));
  EXPECT_EQ(bucket.level, Joules(-13));
}

struct WaitCase {
  const char* name;
  double level, refill, after, want;
};

constexpr WaitCase kWaitCases[] = {
    // name                   level  refill  after  want
    {"above zero", 0.1, 2, 0, 0},         {"in debt", -6, 2, 0, 3},
    {"in debt for a while", -6, 2, 1, 2}, {"paid back meanwhile", -6, 2, 4, 0},
    {"never", -6, 0, 100, kInfinity},     {"empty, never", 0, 0, 1, kInfinity},
};

TEST(JouleBucketTest, TellsHowLongToWait) {
  for (const WaitCase& c : kWaitCases) {
    const JouleBucket bucket = {Joules(c.level), Seconds(50)};
    const JouleRate rate = {Watts(c.refill), Joules(10)};
    EXPECT_DOUBLE_EQ(
        TimeUntilPositive(bucket, rate, Seconds(50 + c.after)).count(), c.want)
        << c.name;
  }
}

// Whatever the order of spending and waiting: no more can be taken while the
// level is above zero than the burst, the refill of the time that passed, and
// the last spending, which was not known before.
TEST(JouleBucketTest, SpendsNoMoreThanBurstRefillAndOneRequest) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int round = 0; round < 200; ++round) {
    const JouleRate rate = {Watts(5 * uniform(random)),
                            Joules(1 + 20 * uniform(random))};
    JouleBucket bucket = FullBucket(rate, Seconds(0));
    Seconds now{0};
    Joules spent{0};
    const double largest = 8;
    for (int i = 0; i < 100; ++i) {
      now += Seconds(uniform(random));
      if (TimeUntilPositive(bucket, rate, now) > Seconds(0)) continue;
      const Joules cost(largest * uniform(random));
      bucket = Debit(bucket, rate, now, cost);
      spent += cost;
    }
    EXPECT_LE(spent, rate.burst + rate.refill * now + Joules(largest));
    EXPECT_GE(bucket.level, Joules(-largest));
  }
}

TEST(JouleBucketTest, ValidateNamesWhatIsWrong) {
  struct Case {
    const char* name;
    double refill, burst;
    const char* word;  // of the error; empty: none
  } kCases[] = {
      {"good", 1, 1, ""},
      {"a fixed amount", 0, 1, ""},
      {"negative rate", -1, 1, "joules_per_second"},
      {"rate not a number", std::nan(""), 1, "joules_per_second"},
      {"no burst", 1, 0, "burst_joules"},
      {"negative burst", 1, -2, "burst_joules"},
      {"endless burst", 1, kInfinity, "burst_joules"},
  };
  for (const Case& c : kCases) {
    const absl::Status status = Validate({Watts(c.refill), Joules(c.burst)});
    EXPECT_EQ(status.ok(), *c.word == '\0') << c.name;
    EXPECT_NE(status.message().find(c.word), absl::string_view::npos)
        << c.name << ": " << status;
  }
}

}  // namespace
}  // namespace mj
