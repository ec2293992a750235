#include "hw_backends/host/energy_counter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

using testing::HasSubstr;

constexpr uint64_t kRange = 262'143'328'850;  // of a unit of 2^-14 J

struct DeltaCase {
  const char* name;
  uint64_t before, after;  // microjoules
  double elapsed;          // seconds
  uint64_t range;
  int64_t want;          // -1: lost
  const char* why = "";  // what the loss says
};

// At 1000 W a second is 1e9 uJ; kRange is 262.1 seconds.
constexpr DeltaCase kDeltaCases[] = {
    {"advances", 10, 25, 1, kRange, 15},
    {"unchanged", 10, 10, 1, kRange, 0},
    {"from zero", 0, 7, 1, kRange, 7},
    {"wraps once", kRange - 10, 5, 1, kRange, 15},
    {"wraps to zero", kRange, 0, 1, kRange, 0},
    {"nearly the most that is possible", 0, 1'000'900'000, 1, kRange,
     1'000'900'000},
    {"more than is possible", 0, 1'001'100'000, 1, kRange, -1,
     "at most 1001 J"},
    {"an update between close reads", 0, 900'000, 1e-5, kRange, 900'000},
    {"more than an update between them", 0, 1'100'000, 1e-5, kRange, -1,
     "are possible"},
    {"reset to zero", 5'000'000'000, 0, 1, kRange, -1, "it was reset"},
    {"reset after a long time", 150'000'000'000, 3, 100, kRange, -1,
     "it was reset"},
    {"reset of a counter that never wraps", 500, 3, 1, 0, -1, "it was reset"},
    {"above its range", kRange + 500, 3, 1, kRange, -1, "it was reset"},
    {"never wraps, long unread", 500, 1'000'000'500, 1e6, 0, 1'000'000'000},
    {"a wrap fits in, but not two", kRange - 10, 5, 262, kRange, 15},
    {"two wraps fit in", kRange - 10, 5, 263, kRange, -1, "wrapped unseen"},
    {"one wrap fits in beside an advance", 100'000'000'000, 100'500'000'000,
     263, kRange, -1, "wrapped unseen"},
    {"none fits in beside a large advance", 0, 200'000'000'000, 263, kRange,
     200'000'000'000},
    {"both reads at once", 10, 10, 0, kRange, 0},
};

TEST(CounterDeltaTest, IsExactOrLost) {
  for (const DeltaCase& c : kDeltaCases) {
    SCOPED_TRACE(c.name);
    CounterTraits traits;
    traits.range = c.range;
    traits.max_power = Watts(1000);
    traits.update_period = Seconds(1e-3);
    const absl::StatusOr<uint64_t> got =
        CounterDelta(c.before, c.after, Seconds(c.elapsed), traits);
    if (c.want >= 0) {
      ASSERT_TRUE(got.ok()) << got.status();
      EXPECT_EQ(*got, static_cast<uint64_t>(c.want));
    } else {
      EXPECT_TRUE(absl::IsDataLoss(got.status())) << got.status();
      EXPECT_THAT(std::string(got.status().message()), HasSubstr(c.why));
    }
  }
}

CounterTraits Traits() {
  return {.unit = Joules(0.5),
          .range = 1000,
          .max_power = Watts(10),
          .update_period = Seconds(0.1)};
}

TEST(EnergyCounterTest, CountsFromItsFirstReading) {
  EnergyCounter counter(Traits());
  EXPECT_EQ(counter.Advance(990, Seconds(5))->total, Joules(0));
  EXPECT_EQ(counter.Advance(994, Seconds(6))->total, Joules(2));
  const auto sample = counter.Advance(6, Seconds(7));  // (1000 - 994) + 6
  ASSERT_TRUE(sample.ok()) << sample.status();
  EXPECT_EQ(sample->total, Joules(8));
  EXPECT_EQ(sample->time, Seconds(7));
}

TEST(EnergyCounterTest, AgeIsTheTimeSinceItMoved) {
  EnergyCounter counter(Traits());
  EXPECT_EQ(counter.Advance(5, Seconds(1))->age, Seconds(0));
  EXPECT_EQ(counter.Advance(5, Seconds(3))->age, Seconds(2));
  EXPECT_EQ(counter.Advance(6, Seconds(4))->age, Seconds(0));
  EXPECT_EQ(counter.Advance(6, Seconds(9))->age, Seconds(5));
}

TEST(EnergyCounterTest, GoesOnAfterALoss) {
  EnergyCounter counter(Traits());
  ASSERT_TRUE(counter.Advance(500, Seconds(1)).ok());
  ASSERT_TRUE(counter.Advance(510, Seconds(2)).ok());
  EXPECT_TRUE(absl::IsDataLoss(counter.Advance(3, Seconds(3)).status()));
  const auto sample = counter.Advance(7, Seconds(4));
  ASSERT_TRUE(sample.ok()) << sample.status();
  EXPECT_EQ(sample->total, Joules(7));  // 5 before, 2 after, none in between
}

}  // namespace
}  // namespace mj
