#include "engine/energy/cap_correction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "engine/energy/power_cap.h"

namespace mj {
namespace {

constexpr Watts kIdle(10);

struct ObserveCase {
  const char* name;
  std::vector<std::pair<double, double>> windows;  // mean W, busy share
  double want;
};

// Idle 10 W, predicted 20 W above it.
TEST(CapCorrectionTest, TheLargestOfThreeWindowsAndAGuard) {
  const ObserveCase cases[] = {
      {"nothing seen", {}, 1},
      {"as predicted", {{30, 1}}, 1.15},
      {"as predicted, half of the time", {{20, 0.5}}, 1.15},
      {"more: at once", {{50, 1}}, 2 * 1.15},
      {"less: at once", {{20, 1}}, 0.5 * 1.15},
      {"two windows", {{30, 1}, {30, 1}}, 1.075},
      {"three windows", {{30, 1}, {30, 1}, {30, 1}}, 1.05},
      {"the largest", {{28, 1}, {30, 1}, {26, 1}}, 1.05},
      {"the fourth takes the first's place",
       {{50, 1}, {30, 1}, {30, 1}, {20, 1}},
       1.05},
      {"hardly busy: tells nothing", {{50, 1}, {10, 0.01}}, 2 * 1.15},
      {"absurdly much", {{1e6, 1}}, 4},
      {"absurdly little", {{5, 1}}, 0.25 * 1.15},
  };
  for (const ObserveCase& c : cases) {
    CapCorrection correction;
    for (const auto& [mean, busy] : c.windows) {
      correction.Observe({Watts(mean), busy, kIdle, Watts(20)});
    }
    EXPECT_NEAR(correction.value(), c.want, 1e-9) << c.name;
  }
}

TEST(CapCorrectionTest, ASettingThatDrawsNothingTellsNothing) {
  CapCorrection correction;
  correction.Observe({Watts(50), 1, kIdle, Watts(0)});
  EXPECT_EQ(correction.value(), 1);
}

// limits {seqs, rows}, active W above idle, rows/s.
const CapSetting kLadder[] = {
    {{64, 512, 32}, Watts(40), 1000},
    {{32, 256, 32}, Watts(20), 600},
    {{16, 128, 32}, Watts(19), 300},
};

struct LoopCase {
  const char* name;
  double error;  // of what is predicted, the server really draws so much
  double noise;  // of the power of a window, either way
};

constexpr LoopCase kLoopCases[] = {
    {"half", 0.5, 0},
    {"half, noisy", 0.5, 0.05},
    {"right", 1, 0},
    {"right, noisy", 1, 0.05},
    {"half as much again", 1.5, 0},
    {"half as much again, noisy", 1.5, 0.05},
    {"twice", 2, 0},
    {"twice, noisy", 2, 0.05},
};

// A minute of windows of a server with work to do all the time.
std::vector<Watts> RunLoop(const LoopCase& c, Watts cap, int seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> noise(1 - c.noise, 1 + c.noise);
  CapCorrection correction;
  std::vector<Watts> means;
  for (int window = 0; window < 60; ++window) {
    const CapDecision now = DecideCap(cap, kIdle, correction.value(), kLadder);
    const double busy = now.limits.busy_share;
    const Watts mean = kIdle + c.error * noise(random) * busy * now.active;
    correction.Observe({mean, busy, kIdle, now.active});
    means.push_back(mean);
  }
  return means;
}

Watts MeanOf(const std::vector<Watts>& windows, size_t first, size_t last) {
  Watts sum(0);
  for (size_t i = first; i < last; ++i) sum += windows[i];
  return sum / static_cast<double>(last - first);
}

// Each property for each error, cap and draw of the noise.
class CapLoopTest : public testing::Test {
 protected:
  template <class Check>
  static void ForEach(const Check& check) {
    for (const LoopCase& c : kLoopCases) {
      for (double cap : {15.0, 25.0, 40.0}) {
        for (int seed = 0; seed < (c.noise > 0 ? 50 : 1); ++seed) {
          SCOPED_TRACE(testing::Message()
                       << c.name << ", cap " << cap << " W, draw " << seed);
          check(c, Watts(cap), RunLoop(c, Watts(cap), seed));
        }
      }
    }
  }
  // Above idle, what may be drawn, or what is drawn without a cap.
  static Watts Room(const LoopCase& c, Watts cap) {
    return std::min(kCapAim * cap - kIdle, c.error * kLadder[0].active);
  }
};

TEST_F(CapLoopTest, OnlyTheFirstWindowMayBeOverTheCap) {
  ForEach([](const LoopCase& c, Watts cap, const std::vector<Watts>& means) {
    const Watts highest = *std::max_element(means.begin() + 1, means.end());
    EXPECT_LE(highest, cap);
    // Where the model overestimates, not even that.
    if (c.error < 1) {
      EXPECT_LE(means[0], cap);
    }
  });
}

TEST_F(CapLoopTest, ThreeWindowsLaterTheRoomIsUsed) {
  ForEach([](const LoopCase& c, Watts cap, const std::vector<Watts>& means) {
    const Watts room = Room(c, cap);
    EXPECT_GE(MeanOf(means, 3, 6) - kIdle, 0.88 * room);
    EXPECT_GE(MeanOf(means, 6, means.size()) - kIdle, 0.92 * room);
  });
}

// Power follows the noise of the windows, and swings by no more of itself.
TEST_F(CapLoopTest, ItDoesNotOscillate) {
  ForEach([](const LoopCase& c, Watts, const std::vector<Watts>& means) {
    for (size_t i = 4; i < means.size(); ++i) {
      const double change = (means[i] - kIdle) / (means[i - 1] - kIdle);
      EXPECT_NEAR(change, 1, 4.5 * c.noise + 1e-9) << "window " << i;
    }
  });
}

// The load changes: what was learnt of the old one is forgotten in three
// windows, and a hungrier one is noticed by one.
TEST(CapCorrectionTest, FollowsAChangeOfLoad) {
  CapCorrection correction;
  const auto see = [&](double ratio) {
    correction.Observe({kIdle + Watts(20 * ratio), 1, kIdle, Watts(20)});
  };
  for (int i = 0; i < 10; ++i) see(1);
  for (int i = 0; i < 3; ++i) see(0.6);
  EXPECT_NEAR(correction.value(), 0.6 * 1.05, 1e-9);
  see(1.4);
  EXPECT_NEAR(correction.value(), 1.4 * 1.05, 1e-9);
}

}  // namespace
}  // namespace mj
