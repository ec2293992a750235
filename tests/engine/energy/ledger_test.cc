#include "engine/energy/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace mj {
namespace {

using ::testing::HasSubstr;

MeterInfo Counter() {
  return {.domain = "package",
          .method = EnergyMethod::kMeasured,
          .resolution = Joules(1e-6),
          .source = "scripted",
          .calibration = "counter"};
}

// One request's step of `busy` seconds.
StepRecord Step(uint64_t request, Phase phase, double joules, double busy) {
  StepRecord record;
  record.end = Seconds(busy);
  record.shares = {{request, "alice", phase, Joules(joules)}};
  return record;
}

EnergySample Sample(double joules, double seconds) {
  return {Joules(joules), Seconds(seconds)};
}

TEST(EnergyLedgerTest, ScalesAWindowToItsCounter) {
  EnergyLedger ledger(Counter(), {.idle_power = Watts(2)}, Sample(1000, 10),
                      Seconds(10));
  StepRecord step = Step(7, Phase::kPrefill, 3, 4);
  step.shares.push_back({8, "bob", Phase::kDecode, Joules(1)});
  step.wasted = {{WasteReason::kPreempted, Joules(1)}};
  step.overhead = Joules(4);
  ledger.Add(step);
  // Estimates: 3 + 1 + 4 overhead + 2 W * 6 s idle = 20 J; the counter: 40 J.
  const EnergyWindow window = ledger.Close(Sample(1040, 20), Seconds(20));
  ASSERT_TRUE(window.known()) << window.status;
  EXPECT_EQ(window.start, Seconds(10));
  EXPECT_EQ(window.end, Seconds(20));
  EXPECT_DOUBLE_EQ(window.scale, 2);
  EXPECT_DOUBLE_EQ(window.energy.prefill.value(), 6);
  EXPECT_DOUBLE_EQ(window.energy.decode.value(), 2);
  EXPECT_DOUBLE_EQ(window.energy.overhead.value(), 8);
  EXPECT_DOUBLE_EQ(window.energy.idle.value(), 24);
  EXPECT_DOUBLE_EQ(window.energy.wasted[1].value(), 2);
  ASSERT_EQ(window.requests.size(), 2u);
  EXPECT_EQ(window.requests[0].request, 7u);
  EXPECT_DOUBLE_EQ(window.requests[0].prefill.value(), 6);
  EXPECT_DOUBLE_EQ(window.requests[1].decode.value(), 2);
  EXPECT_DOUBLE_EQ(ledger.tenant_totals().at("alice").value(), 6);
  EXPECT_DOUBLE_EQ(ledger.tenant_totals().at("bob").value(), 2);
  EXPECT_DOUBLE_EQ(ledger.totals().sum().value(), 40);
  EXPECT_DOUBLE_EQ(*ledger.scale(), 2);
}

TEST(EnergyLedgerTest, ACounterTheModelCannotExplainIsIdle) {
  EnergyLedger ledger(Counter(), {}, Sample(0, 0), Seconds(0));
  const EnergyWindow window = ledger.Close(Sample(5, 1), Seconds(1));
  ASSERT_TRUE(window.known());
  EXPECT_EQ(window.energy.idle, Joules(5));
}

TEST(EnergyLedgerTest, ALostReadingIsUnknownAndMadeGoodByTheNext) {
  EnergyLedger ledger(Counter(), {.idle_power = Watts(1)}, Sample(0, 0),
                      Seconds(0));
  ledger.Add(Step(1, Phase::kDecode, 4, 1));
  const EnergyWindow lost =
      ledger.Close(absl::UnavailableError("gone"), Seconds(1));
  EXPECT_FALSE(lost.known());
  EXPECT_THAT(std::string(lost.status.message()), HasSubstr("gone"));
  EXPECT_EQ(lost.energy.sum(), Joules(0));
  EXPECT_TRUE(lost.requests.empty());
  EXPECT_EQ(ledger.totals().sum(), Joules(0));
  ledger.Add(Step(2, Phase::kDecode, 4, 1));
  const EnergyWindow window = ledger.Close(Sample(16, 2), Seconds(2));
  ASSERT_TRUE(window.known()) << window.status;
  EXPECT_EQ(window.start, Seconds(0));
  ASSERT_EQ(window.requests.size(), 2u);
  EXPECT_DOUBLE_EQ(window.requests[0].decode.value(), 8);
  EXPECT_DOUBLE_EQ(window.energy.sum().value(), 16);
  EXPECT_EQ(ledger.unknown_windows(), 1);
  EXPECT_EQ(ledger.unknown_time(), Seconds(0));
}

TEST(EnergyLedgerTest, WrongReadingsStayUnknown) {
  const double nan = std::nan("");
  const struct {
    const char* name;
    absl::StatusOr<EnergySample> reading;
    const char* want;
  } cases[] = {
      {"reset to zero", Sample(0, 1), "counter went back"},
      {"huge", Sample(1e9, 1), "moved by more than 300 W can draw"},
      {"not a number", Sample(nan, 1), "is no number"},
      {"no time passed", Sample(501, 0), "not later"},
      {"lost for good", absl::DataLossError("two wraps"), "two wraps"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EnergyLedger ledger(Counter(),
                        {.idle_power = Watts(1), .max_power = Watts(300)},
                        Sample(500, 0), Seconds(0));
    ledger.Add(Step(1, Phase::kDecode, 4, 1));
    const EnergyWindow window = ledger.Close(c.reading, Seconds(1));
    EXPECT_FALSE(window.known());
    EXPECT_THAT(std::string(window.status.message()), HasSubstr(c.want));
    EXPECT_EQ(ledger.unknown_time(), Seconds(1));
    EXPECT_FALSE(ledger.scale().has_value());
    // Two good readings later the ledger is back, with the new steps only.
    (void)ledger.Close(Sample(20, 2), Seconds(2));
    (void)ledger.Close(Sample(30, 3), Seconds(3));
    ledger.Add(Step(2, Phase::kDecode, 1, 1));
    const EnergyWindow after = ledger.Close(Sample(37, 4), Seconds(4));
    ASSERT_TRUE(after.known()) << after.status;
    ASSERT_EQ(after.requests.size(), 1u);
    EXPECT_EQ(after.requests[0].request, 2u);
    EXPECT_DOUBLE_EQ(after.energy.decode.value(), 7);
  }
}

TEST(EnergyLedgerTest, AfterMaxGapTheWorkStaysUnknown) {
  EnergyLedger ledger(Counter(), {.max_gap = Seconds(10)}, Sample(0, 0),
                      Seconds(0));
  ledger.Add(Step(1, Phase::kDecode, 4, 1));
  for (int s = 1; s <= 11; ++s) {
    EXPECT_FALSE(
        ledger.Close(absl::PermissionDeniedError("no"), Seconds(s)).known());
  }
  EXPECT_EQ(ledger.unknown_time(), Seconds(11));
  EXPECT_FALSE(ledger.Close(Sample(100, 12), Seconds(12)).known());
  ledger.Add(Step(2, Phase::kDecode, 4, 1));
  const EnergyWindow window = ledger.Close(Sample(102, 13), Seconds(13));
  ASSERT_TRUE(window.known());
  ASSERT_EQ(window.requests.size(), 1u);
  EXPECT_EQ(window.requests[0].request, 2u);
  EXPECT_DOUBLE_EQ(ledger.totals().sum().value(), 2);
}

TEST(EnergyLedgerTest, ACounterThatHasNotMovedYetIsUnknownNotZero) {
  EnergyLedger ledger(Counter(), {}, Sample(5, 0), Seconds(0));
  ledger.Add(Step(1, Phase::kDecode, 4, 0.01));
  const EnergyWindow early = ledger.Close(Sample(5, 0.01), Seconds(0.01));
  EXPECT_FALSE(early.known());
  EXPECT_THAT(std::string(early.status.message()), HasSubstr("not moved"));
  const EnergyWindow window = ledger.Close(Sample(7, 0.02), Seconds(0.02));
  ASSERT_TRUE(window.known());
  EXPECT_DOUBLE_EQ(window.requests.at(0).decode.value(), 2);
}

TEST(EnergyLedgerTest, ReasonsAreTheSameEachTime) {
  const double wrong[] = {500, -3, 1e9, std::nan("")};
  for (const double joules : wrong) {
    std::string reasons[2];
    for (int i = 0; i < 2; ++i) {
      EnergyLedger ledger(Counter(), {.max_power = Watts(300)}, Sample(500, 0),
                          Seconds(0));
      ledger.Add(Step(1, Phase::kDecode, 4, 1));
      const double time = 1 + 0.00027 * i;
      reasons[i] = ledger
                       .Close(Sample(joules + 0.01 * i * (joules != 500), time),
                              Seconds(time))
                       .status.ToString();
    }
    EXPECT_EQ(reasons[0], reasons[1]);
    EXPECT_NE(reasons[0], "OK");
  }
}

TEST(EnergyLedgerTest, WithoutACounterTheModelIsTheMeter) {
  MeterInfo info = Counter();
  info.method = EnergyMethod::kModelled;
  EnergyLedger ledger(info, {.idle_power = Watts(2)}, Sample(0, 10),
                      Seconds(10));
  StepRecord step = Step(7, Phase::kPrefill, 30, 4);
  step.overhead = Joules(1);
  ledger.Add(step);
  const EnergyWindow busy = ledger.CloseModelled(Seconds(14));
  ASSERT_TRUE(busy.known()) << busy.status;
  EXPECT_EQ(busy.scale, 1);
  EXPECT_EQ(busy.busy, Seconds(4));
  EXPECT_EQ(busy.energy.prefill, Joules(30));
  EXPECT_EQ(busy.energy.overhead, Joules(1));
  EXPECT_EQ(busy.energy.idle, Joules(0));
  const EnergyWindow idle = ledger.CloseModelled(Seconds(20));
  EXPECT_EQ(idle.start, Seconds(14));
  EXPECT_EQ(idle.scale, 1);
  EXPECT_EQ(idle.energy.idle, Joules(12));
  EXPECT_EQ(ledger.totals().sum(), Joules(43));
  EXPECT_EQ(ledger.tenant_totals().at("alice"), Joules(30));
  EXPECT_FALSE(ledger.scale().has_value());
}

TEST(EnergyLedgerTest, WindowsUnderTwoUpdatesAreOfLowConfidence) {
  MeterInfo info = Counter();
  info.update_period = Seconds(0.1);
  const LedgerOptions options{.idle_power = Watts(1), .max_power = Watts(100)};
  EnergyLedger ledger(info, options, Sample(0, 0), Seconds(0));
  // 12 J in 0.05 s are 240 W, but up to 0.15 s of work may show in them.
  const EnergyWindow first = ledger.Close(Sample(12, 0.05), Seconds(0.05));
  ASSERT_TRUE(first.known()) << first.status;
  EXPECT_TRUE(first.low_confidence);
  EXPECT_FALSE(ledger.scale().has_value());
  EXPECT_TRUE(ledger.Close(Sample(14, 0.2), Seconds(0.2)).low_confidence);
  const EnergyWindow second = ledger.Close(Sample(20, 0.4), Seconds(0.4));
  ASSERT_TRUE(second.known()) << second.status;
  EXPECT_FALSE(second.low_confidence);
  EXPECT_TRUE(ledger.scale().has_value());
  EXPECT_FALSE(ledger.Close(Sample(51, 0.6), Seconds(0.6)).known());
}

TEST(EnergyLedgerTest, OnlyAMeasuredCounterCorrectsTheModel) {
  for (const EnergyMethod method :
       {EnergyMethod::kMeasured, EnergyMethod::kModelled}) {
    MeterInfo info = Counter();
    info.method = method;
    EnergyLedger ledger(info, {.idle_power = Watts(1)}, Sample(0, 0),
                        Seconds(0));
    ASSERT_TRUE(ledger.Close(Sample(2, 1), Seconds(1)).known());
    EXPECT_EQ(ledger.scale().has_value(), method == EnergyMethod::kMeasured);
    EXPECT_EQ(ledger.totals().sum(), Joules(2));
  }
}

TEST(EnergyLedgerTest, WithoutAFirstReadingTheFirstWindowIsUnknown) {
  EnergyLedger ledger(Counter(), {.idle_power = Watts(1)},
                      absl::UnavailableError("not yet"), Seconds(0));
  EXPECT_FALSE(ledger.Close(Sample(900, 1), Seconds(1)).known());
  EXPECT_TRUE(ledger.Close(Sample(901, 2), Seconds(2)).known());
  EXPECT_EQ(ledger.totals().sum(), Joules(1));
}

}  // namespace
}  // namespace mj
