#include "engine/simulate/oracle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/simulate/comparison.h"
#include "engine/simulate/outcome.h"
#include "tests/engine/simulate/made_platform.h"

namespace mj {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Every choice of clocks, one after the other; only for a few steps, and
// without rest states: the gaps of these traces are too short for them.
class Exhaustive {
 public:
  Exhaustive(const PlatformCostModel& model, const SimulationResult& run,
             const OracleLimits& limits)
      : model_(model), run_(run), limits_(limits), ends_(run.schedule.size()) {}

  double Least() {
    Try(0, model_.full_clock(), 0, 0);
    return least_;
  }

 private:
  void Try(size_t i, int clock, double time, double cost) {
    if (i == run_.schedule.size()) {
      if (Meets()) least_ = std::min(least_, cost);
      return;
    }
    const double start = std::max(time, run_.schedule[i].released.count());
    const double gap = start - time;
    Start(i, clock, start, cost + model_.idle_power(clock).value() * gap);
    if (gap > 0) Start(i, 0, start, cost + Switch(clock, 0) + Rest(gap));
  }

  void Start(size_t i, int clock, double start, double cost) {
    for (int next = 0; next < model_.num_clocks(); ++next) {
      const Price price = model_.PriceAt(run_.schedule[i].demand, next);
      ends_[i] = start + price.time.count();
      Try(i + 1, next, ends_[i],
          cost + Switch(clock, next) + price.energy.value());
    }
  }

  double Switch(int from, int to) const {
    return from == to ? 0 : model_.switch_energy().value();
  }

  double Rest(double gap) const {
    const double waking = model_.platform().wake_parked.count();
    const double loaded = model_.idle_power(0).value() * gap;
    if (waking > gap) return loaded;
    return std::min(loaded, model_.parked_power().value() * gap +
                                model_.idle_power(2).value() * waking);
  }

  bool Meets() const {
    for (const RequestResult& r : run_.requests) {
      const double ttft = ends_[r.first_step] - r.arrival.count();
      if (ttft > std::max(limits_.slo_ttft, Ttft(r)).count() + 1e-9) {
        return false;
      }
      if (r.tokens <= 1) continue;
      const double tpot =
          (ends_[r.last_step] - ends_[r.first_step]) / (r.tokens - 1);
      if (tpot > std::max(limits_.slo_tpot, Tpot(r)).count() + 1e-9) {
        return false;
      }
    }
    return true;
  }

  const PlatformCostModel& model_;
  const SimulationResult& run_;
  const OracleLimits limits_;
  std::vector<double> ends_;
  double least_ = kInfinity;
};

SimulationResult Recorded(const PlatformCostModel& model,
                          const std::vector<TraceRequest>& trace,
                          GovernorPolicy policy) {
  SimulationOptions options = MadeOptions(model, policy);
  options.record = true;
  return Simulate(model, trace, options);
}

TEST(OracleTest, FindsWhatExhaustiveSearchFinds) {
  const PlatformCostModel model = MadeModel();
  for (int seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    const auto trace = PoissonTrace(
        20, *LengthDistribution::Parse("uniform:10:300"),
        *LengthDistribution::Parse("uniform:1:3"), seed, {.max_requests = 4});
    const SimulationResult run = Recorded(model, trace, GovernorPolicy::kFmax);
    ASSERT_LE(run.steps, 11);
    for (const double slo : {0.06, 0.15, 1.0}) {
      const OracleLimits limits{Seconds(slo), Seconds(slo / 10), Seconds(9),
                                400};
      const double least = Exhaustive(model, run, limits).Least();
      const double found = OracleEnergy(model, run, limits).value();
      // An upper bound of the optimum, and not far from it: the rule about TPOT
      // is stricter than it must be.
      EXPECT_GE(found, least * (1 - 1e-9));
      EXPECT_LE(found, least * 1.06);
      EXPECT_LE(found, run.energy.total * 1e-9 * (1 + 1e-9));
      EXPECT_LE(LowerBound(model, run).value(), least);
    }
  }
}

TEST(OracleTest, ThePowerOfHindsightIsAtLeastNothing) {
  const PlatformCostModel model = MadeModel();
  const auto trace = PoissonTrace(
      3, *LengthDistribution::Parse("lognormal:120:1"),
      *LengthDistribution::Parse("lognormal:20:1"), 3, {.max_requests = 200});
  for (const GovernorPolicy policy :
       {GovernorPolicy::kFmax, GovernorPolicy::kGatedStatic,
        GovernorPolicy::kLowestFeasible, GovernorPolicy::kEnergy}) {
    const SimulationResult run = Recorded(model, trace, policy);
    const OracleLimits limits{Seconds(0.5), Seconds(0.05), Seconds(1.3)};
    const Joules oracle = OracleEnergy(model, run, limits);
    EXPECT_LE(LowerBound(model, run), oracle);
    EXPECT_LE(oracle.value(), run.energy.total * 1e-9 * 1.01);
  }
}

TEST(OracleTest, LooserLimitsNeverCostMore) {
  const PlatformCostModel model = MadeModel();
  const auto trace =
      PoissonTrace(3, LengthDistribution(120), LengthDistribution(20), 3,
                   {.max_requests = 60});
  const SimulationResult run = Recorded(model, trace, GovernorPolicy::kFmax);
  Joules before(kInfinity);
  for (const double ttft : {0.1, 0.3, 1.0, 3.0}) {
    const Joules now =
        OracleEnergy(model, run, {Seconds(ttft), Seconds(0.05), Seconds(1.3)});
    EXPECT_LE(now.value(), before.value() * 1.02);
    before = now;
  }
}

TEST(OracleShareTest, IsNullWhereThereIsNothingToSave) {
  EXPECT_DOUBLE_EQ(*OracleShare(Joules(70), Joules(100), Joules(60)), 0.75);
  EXPECT_DOUBLE_EQ(*OracleShare(Joules(110), Joules(100), Joules(60)), -0.25);
  EXPECT_FALSE(OracleShare(Joules(99.5), Joules(100), Joules(99.1)));
}

}  // namespace
}  // namespace mj
