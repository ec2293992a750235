// The controller in a closed loop: nothing that it believes is true at first.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/engine/speculate/simulated_traffic.h"

namespace mj {
namespace {

constexpr int kPeriod = 3000;    // steps
constexpr double kTurning = -1;  // good for half of a period, then bad

Seconds FreeRows(int) { return Seconds(0.01); }
Seconds CheapRows(int rows) { return Seconds(0.01 + 0.001 * (rows - 1)); }
Seconds DearRows(int rows) { return Seconds(0.01 * rows); }
Seconds TileRows(int rows) { return Seconds(0.01 * ((rows + 7) / 8)); }

double AcceptanceAt(double acceptance, int step) {
  if (acceptance != kTurning) return acceptance;
  return step % kPeriod < kPeriod / 2 ? 0.9 : 0.02;
}

// What all sequences gain with drafts of `length`, always.
double FixedGain(const World& world, int length) {
  const auto at = [&](int k) {
    double accepted = 0;
    for (const int step : {0, kPeriod / 2}) {
      for (int i = 1; i <= k; ++i) {
        accepted += std::pow(world.acceptance(step), i) / 2;
      }
    }
    const int rows = world.load * (1 + k);
    const Seconds time =
        world.true_time(rows) + world.true_drafting * (world.load * k);
    return Rates{world.load * (1 + accepted), time.count(),
                 (world.power * time + world.joules_per_row * rows).value()};
  };
  return Gain(at(length), at(0));
}

double BestFixedGain(const World& world) {
  double best = 1;
  for (int length = 1; length <= 16; ++length) {
    best = std::max(best, FixedGain(world, length));
  }
  return best;
}

struct Outcome {
  double learning = 0;  // gain in the first period, from no experience on
  double learned = 0;   // in the second
  double part = 0;      // the same, of the best fixed choice's
  double explored = 0;  // share of steps
};

Outcome Play(const World& world) {
  SimulatedTraffic traffic(world, {});
  const Seconds plain = world.true_time(world.load);
  const Rates off{
      1.0 * world.load, plain.count(),
      (world.power * plain + world.joules_per_row * world.load).value()};
  const Rates first = traffic.Run(kPeriod), second = traffic.Run(kPeriod);
  return {Gain(first, off), Gain(second, off),
          Gain(second, off) / BestFixedGain(world),
          1.0 * (first.explored + second.explored) / (2 * kPeriod)};
}

struct CostCase {
  const char* name;
  Seconds (*truth)(int);
  Seconds (*belief)(int);
};

class ControllerLoopTest : public testing::TestWithParam<CostCase> {};

// `parts` gathers the parts of the best fixed gain.
void CheckAll(World world, std::vector<double>& parts) {
  for (const double acceptance : {0.0, 0.3, 0.6, 0.9, kTurning}) {
    for (const int load : {1, 4, 32}) {
      SCOPED_TRACE(testing::Message()
                   << "acceptance " << acceptance << ", load " << load);
      world.acceptance = [acceptance](int step) {
        return AcceptanceAt(acceptance, step);
      };
      world.load = load;
      const Outcome outcome = Play(world);
      EXPECT_GE(outcome.learning, 0.97);
      EXPECT_GE(outcome.learned, 0.97);
      EXPECT_GE(outcome.part, 0.91);
      EXPECT_LE(outcome.explored, 0.02);
      parts.push_back(outcome.part);
    }
  }
}

// On the mean, and in all but a few worlds: a gain of some per cent is not told
// from noise for long.
void CheckConvergence(const std::vector<double>& parts) {
  double sum = 0;
  for (const double part : parts) sum += part;
  EXPECT_GE(sum / parts.size(), 0.98);
  const auto below = std::count_if(parts.begin(), parts.end(),
                                   [](double part) { return part < 0.97; });
  EXPECT_LE(below, std::ssize(parts) / 5);
}

TEST_P(ControllerLoopTest, NeverWorseThanOffAndSoonNearTheBest) {
  World world{.true_time = GetParam().truth,
              .believed_time = GetParam().belief,
              .interrupted = 0.003};
  std::vector<double> parts;
  CheckAll(world, parts);
  CheckConvergence(parts);
}

TEST_P(ControllerLoopTest, AlsoWithADraftModelThatCostsTwiceAsPredicted) {
  World world{.true_time = GetParam().truth,
              .believed_time = GetParam().belief,
              .drafter = Drafter::kDraftModel,
              .true_drafting = Seconds(0.001),
              .believed_drafting = Seconds(0.0005),
              .interrupted = 0.003};
  std::vector<double> parts;
  CheckAll(world, parts);
  CheckConvergence(parts);
}

INSTANTIATE_TEST_SUITE_P(
    Costs, ControllerLoopTest,
    testing::Values(CostCase{"FreeAsBelieved", FreeRows, FreeRows},
                    CostCase{"FreeBelievedDear", FreeRows, DearRows},
                    CostCase{"CheapBelievedFree", CheapRows, FreeRows},
                    CostCase{"DearAsBelieved", DearRows, DearRows},
                    CostCase{"DearBelievedFree", DearRows, FreeRows},
                    CostCase{"TilesBelievedFree", TileRows, FreeRows}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace mj
