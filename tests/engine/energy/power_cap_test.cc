#include "engine/energy/power_cap.h"

#include <gtest/gtest.h>

#include "hw_backends/models/cpu_descriptor.h"

namespace mj {
namespace {

// SmolLM2-135M's sizes, near enough.
StepCostModel SmallModel(int threads = 2) {
  ModelShape shape;
  shape.hidden = 576;
  shape.num_heads = 9;
  shape.num_kv_heads = 3;
  shape.head_dim = 64;
  shape.intermediate = 1536;
  shape.vocab = 49152;
  const auto matrix = [](int n, int k) {
    return MatrixShape{n, k, int64_t{n} * k * 5 / 8};
  };
  shape.layers.resize(30, {matrix(960, 576), matrix(576, 576),
                           matrix(3072, 576), matrix(576, 1536), 0});
  shape.embedding = shape.head = matrix(49152, 576);
  const auto cpus = CompiledCpuDescriptors();
  EXPECT_TRUE(cpus.ok()) << cpus.status();
  return StepCostModel(shape, {}, ChooseDescriptor(*cpus, {}),
                       {threads, threads}, "bf16");
}

TEST(PowerCapTest, TheLadderHalvesDownToOneRow) {
  const auto ladder = CapLadder(SmallModel(), {256, 512, 32});
  ASSERT_EQ(ladder.size(), 10u);
  EXPECT_EQ(ladder.front().limits.max_num_seqs, 256);
  EXPECT_EQ(ladder[1].limits.max_num_seqs, 128);
  EXPECT_EQ(ladder[1].limits.max_batched_tokens, 256);
  EXPECT_EQ(ladder.back().limits.max_num_seqs, 1);
  EXPECT_EQ(ladder.back().limits.max_batched_tokens, 1);
  for (const CapSetting& setting : ladder) {
    EXPECT_EQ(setting.limits.block_size, 32);
    EXPECT_GT(setting.active, Watts(0));
    EXPECT_GT(setting.rows_per_second, 0);
  }
  EXPECT_GT(ladder.front().rows_per_second, ladder.back().rows_per_second);
  EXPECT_EQ(CapLadder(SmallModel(), {1, 1, 32}).size(), 1u);
}

// limits {seqs, rows}, active W above idle, rows/s; idle 10 W.
const CapSetting kLadder[] = {
    {{64, 512, 32}, Watts(40), 1000},
    {{32, 256, 32}, Watts(20), 600},
    {{16, 128, 32}, Watts(19), 300},
};

struct DecideCase {
  const char* name;
  double cap, correction;
  int want_seqs;
  double want_share;
};

constexpr DecideCase kDecideCases[] = {
    // name                        cap        corr  seqs  share
    {"the cap does not bind", 100, 1, 64, 1},
    {"exactly enough", 50 / .97, 1, 64, 1},
    // 1000 * 36/40 rows beat 600
    {"a pause beats less work", 46 / .97, 1, 64, 0.9},
    // 1000 * 20/40 rows do not
    {"less work beats a pause", 30 / .97, 1, 32, 1},
    {"less work and a pause", 20 / .97, 1, 32, 0.5},
    {"the meter says twice", 50 / .97, 2, 32, 1},
    {"the meter says half", 30 / .97, 0.5, 64, 1},
    {"under idle: as little as may be", 5, 1, 64, kLeastBusyShare},
};

TEST(PowerCapTest, DoesTheMostWorkUnderTheCap) {
  for (const DecideCase& c : kDecideCases) {
    const CapDecision got =
        DecideCap(Watts(c.cap), Watts(10), c.correction, kLadder);
    EXPECT_EQ(got.limits.schedule.max_num_seqs, c.want_seqs) << c.name;
    EXPECT_NEAR(got.limits.busy_share, c.want_share, 1e-9) << c.name;
    if (c.cap > 10) {
      EXPECT_LE(got.predicted.value(), c.cap) << c.name;
    }
    EXPECT_FALSE(got.reason.empty());
  }
}

// The real ladder: whatever the cap above idle, the prediction keeps it unless
// the least share of work does not.
TEST(PowerCapTest, ACapThatDoesNotBindChangesNothing) {
  const CapSetting full{{256, 512, 32}, Watts(8), 100};
  const CapSetting half{{128, 256, 32}, Watts(7), 110};  // less context
  const CapSetting ladder[] = {full, half};
  const CapDecision high = DecideCap(Watts(1e6), Watts(2), 1, ladder);
  EXPECT_EQ(high.limits.schedule.max_num_seqs, 256);
  EXPECT_EQ(high.limits.busy_share, 1);
  EXPECT_EQ(
      DecideCap(Watts(9), Watts(2), 1, ladder).limits.schedule.max_num_seqs,
      128);
}

TEST(PowerCapTest, WhatCannotBeKeptSaysSo) {
  const CapSetting ladder[] = {{{1, 1, 32}, Watts(8), 100}};
  EXPECT_NE(
      DecideCap(Watts(2.1), Watts(2), 1, ladder).reason.find("over the cap"),
      std::string::npos);
  EXPECT_EQ(DecideCap(Watts(8), Watts(2), 1, ladder).reason.find("over"),
            std::string::npos);
}

TEST(PowerCapTest, PredictionsKeepEveryCapThatCanBeKept) {
  const StepCostModel model = SmallModel();
  const auto ladder = CapLadder(model, {256, 512, 32});
  const Watts idle = model.idle_power();
  Watts least = ladder[0].active;
  for (const CapSetting& s : ladder) least = std::min(least, s.active);
  for (double room = 0.1; room < 60; room *= 1.3) {
    const Watts cap = (idle + Watts(room)) / kCapAim;
    const CapDecision got = DecideCap(cap, idle, 1, ladder);
    if (got.limits.busy_share > kLeastBusyShare) {
      EXPECT_LE(got.predicted, cap);
    }
    EXPECT_GT(got.limits.busy_share, 0);
  }
}

}  // namespace
}  // namespace mj
