#include "kernels/op_cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/kernels/smollm2_shape.h"

namespace mj {
namespace {

// Small enough to work by hand.
ModelShape TinyShape() {
  ModelShape model;
  model.hidden = 4;
  model.num_heads = 2;
  model.num_kv_heads = 1;
  model.head_dim = 3;
  model.intermediate = 5;
  model.vocab = 10;
  model.layers = {{.qkv = {12, 4, 100},
                   .output = {4, 6, 50},
                   .gate_up = {10, 4, 90},
                   .down = {4, 5, 40}}};
  model.embedding = {10, 4, 160};
  model.head = {10, 4, 200};
  return model;
}

Work W(int64_t linear, int64_t other, int64_t weights, int64_t kv_read,
       int64_t kv_write, int64_t activations) {
  return {linear, other, weights, kv_read, kv_write, activations};
}

TEST(OpCostTest, ListsAHandWorkedStep) {
  // Two rows at positions 1 and 2; they attend to 2 and 3 positions. K and V
  // of a position: 2 * 1 head * 3 elements * 2 bytes = 12 bytes. The second
  // layer ends for the first row with its K and V.
  const StepShape step{
      {{.num_tokens = 2, .context_tokens = 1, .num_logits = 1}}};
  const OpCost want[] = {
      // kind, layer, m, n, k, {linear, other, weights, read, write, act.}
      {OpKind::kEmbed, -1, 2, 4, 1, W(0, 0, 32, 0, 0, 32)},
      {OpKind::kNorm, 0, 2, 4, 1, W(0, 32, 0, 0, 0, 64)},
      {OpKind::kQkv, 0, 2, 12, 4, W(192, 0, 100, 0, 0, 128)},
      {OpKind::kRopeAndWriteKv, 0, 2, 9, 1, W(0, 54, 0, 0, 24, 144)},
      {OpKind::kAttention, 0, 2, 6, 5, W(0, 120, 0, 36, 0, 96)},
      {OpKind::kOutput, 0, 2, 4, 6, W(96, 0, 50, 0, 0, 80)},
      {OpKind::kNorm, 0, 2, 4, 1, W(0, 32, 0, 0, 0, 64)},
      {OpKind::kGateUp, 0, 2, 10, 4, W(160, 0, 90, 0, 0, 112)},
      {OpKind::kActivation, 0, 2, 5, 1, W(0, 50, 0, 0, 0, 120)},
      {OpKind::kDown, 0, 2, 4, 5, W(80, 0, 40, 0, 0, 72)},
      {OpKind::kNorm, 1, 2, 4, 1, W(0, 32, 0, 0, 0, 64)},
      {OpKind::kQkv, 1, 2, 12, 4, W(192, 0, 100, 0, 0, 128)},
      {OpKind::kRopeAndWriteKv, 1, 2, 9, 1, W(0, 54, 0, 0, 24, 144)},
      {OpKind::kAttention, 1, 1, 6, 3, W(0, 72, 0, 36, 0, 48)},
      {OpKind::kOutput, 1, 1, 4, 6, W(48, 0, 50, 0, 0, 40)},
      {OpKind::kNorm, 1, 1, 4, 1, W(0, 16, 0, 0, 0, 32)},
      {OpKind::kGateUp, 1, 1, 10, 4, W(80, 0, 90, 0, 0, 56)},
      {OpKind::kActivation, 1, 1, 5, 1, W(0, 25, 0, 0, 0, 60)},
      {OpKind::kDown, 1, 1, 4, 5, W(40, 0, 40, 0, 0, 36)},
      {OpKind::kNorm, -1, 1, 4, 1, W(0, 16, 0, 0, 0, 32)},
      {OpKind::kHead, -1, 1, 10, 4, W(80, 0, 200, 0, 0, 56)},
  };
  ModelShape model = TinyShape();
  model.layers.push_back(model.layers[0]);
  const std::vector<OpCost> ops = StepOps(model, step, {});
  ASSERT_EQ(ops.size(), std::size(want));
  for (size_t i = 0; i < ops.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(ops[i].kind, want[i].kind);
    EXPECT_EQ(ops[i].layer, want[i].layer);
    EXPECT_EQ(ops[i].m, want[i].m);
    EXPECT_EQ(ops[i].n, want[i].n);
    EXPECT_EQ(ops[i].k, want[i].k);
    EXPECT_EQ(ops[i].work, want[i].work);
  }
}

TEST(OpCostTest, NoRowsNoOps) {
  EXPECT_TRUE(StepOps(TinyShape(), {}, {}).empty());
  EXPECT_TRUE(StepOps(TinyShape(), {{{.context_tokens = 7}}}, {}).empty());
  EXPECT_EQ(StepCost(TinyShape(), {}).Total({}), Work{});
}

TEST(OpCostTest, WithoutWantedLogitsAStepEndsWithTheLastKv) {
  ModelShape model = TinyShape();
  model.layers.assign(3, model.layers[0]);
  const auto ops = StepOps(model, {{{.num_tokens = 3}}}, {});
  ASSERT_FALSE(ops.empty());
  EXPECT_EQ(ops.back().kind, OpKind::kRopeAndWriteKv);
  EXPECT_EQ(ops.back().layer, 2);
  // qkv 100, output 50, gate|up 90, down 40; 16 an embedding row.
  EXPECT_EQ(TotalWork(ops).weight_bytes, 2 * 280 + 100 + 3 * 16);
}

TEST(OpCostTest, WantedHiddenStatesRunAllButTheHead) {
  const SequenceShape hidden{.num_tokens = 3, .num_hidden = 3};
  const SequenceShape logits{.num_tokens = 3, .num_logits = 3};
  auto want = StepOps(TinyShape(), {{logits}}, {});
  ASSERT_EQ(want.back().kind, OpKind::kHead);
  want.pop_back();
  const auto ops = StepOps(TinyShape(), {{hidden}}, {});
  EXPECT_EQ(ops.size(), want.size());
  EXPECT_EQ(TotalWork(ops), TotalWork(want));
}

TEST(OpCostTest, QuantisedKvCarriesScales) {
  const StepShape step{{{.num_tokens = 1}}};
  const CostOptions int8{.kv_element_bytes = 1, .kv_scale_bytes = 4};
  // 2 (K and V) * 1 head * (3 elements + one scale of 4 bytes)
  EXPECT_EQ(TotalWork(StepOps(TinyShape(), step, int8)).kv_write_bytes, 14);
}

TEST(OpCostTest, Smollm2MatchesItsFile) {
  const StepShape one{{{.num_tokens = 1, .num_logits = 1}}};
  const Work work = TotalWork(StepOps(Smollm2Shape(), one, {}));
  EXPECT_NEAR(work.weight_bytes, 96.4e6, 0.05e6);
  EXPECT_NEAR(work.linear_operations / 2, 134.5e6, 0.05e6);
  EXPECT_NEAR(work.kv_write_bytes, 23.0e3, 0.05e3);
}

TEST(OpCostTest, WindowsLimitWhatIsReadAndAttended) {
  struct {
    int window, context, tokens;
  } constexpr kCases[] = {
      {0, 0, 1},  {0, 100, 1}, {0, 3, 40},  {8, 0, 1}, {8, 6, 1},
      {8, 7, 1},  {8, 8, 1},   {8, 100, 1}, {8, 0, 8}, {8, 0, 40},
      {8, 5, 40}, {8, 30, 40}, {1, 9, 3},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(testing::Message() << "window " << c.window << " context "
                                    << c.context << " tokens " << c.tokens);
    ModelShape model = TinyShape();
    model.layers[0].window = c.window;
    model.layers.push_back(model.layers[0]);
    const int logits = (c.tokens + 1) / 2;
    const int end = c.context + c.tokens;
    const StepShape step{{{.num_tokens = c.tokens,
                           .context_tokens = c.context,
                           .num_logits = logits}}};
    for (const OpCost& op : StepOps(model, step, {})) {
      if (op.kind != OpKind::kAttention) continue;
      int64_t attended = 0;
      int first_read = end;
      for (int p = op.layer == 0 ? c.context : end - logits; p < end; ++p) {
        const int first = c.window == 0 ? 0 : std::max(0, p - c.window + 1);
        attended += p - first + 1;
        first_read = std::min(first_read, first);
      }
      EXPECT_EQ(op.k, attended) << "layer " << op.layer;
      EXPECT_EQ(op.work.kv_read_bytes, (end - first_read) * 12)
          << "layer " << op.layer;
    }
  }
}

StepShape RandomStep(std::mt19937& random) {
  const auto below = [&](int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random);
  };
  StepShape step;
  step.sequences.resize(below(12));
  for (SequenceShape& s : step.sequences) {
    s.num_tokens = below(2) ? 1 : below(70);
    s.context_tokens = below(600);
    if (s.num_tokens == 0) continue;
    s.num_logits = below(2) ? 1 : below(s.num_tokens);
    if (below(3) == 0) s.num_hidden = s.num_tokens - s.num_logits;
  }
  return step;
}

TEST(StepCostTest, MarginalsAndPassesSumToTheListExactly) {
  ModelShape mixed = TinyShape();
  mixed.layers.assign(7, mixed.layers[0]);
  mixed.layers[1].window = mixed.layers[4].window = 16;
  mixed.layers[6].window = 512;
  mixed.layers[2].down.bytes = 41;
  std::mt19937 random(7);
  for (const ModelShape& model : {TinyShape(), mixed, Smollm2Shape()}) {
    const CostOptions options{
        .kv_element_bytes = 1, .kv_scale_bytes = 4, .activation_bytes = 2};
    const StepCost cost(model, options);
    for (int i = 0; i < 200; ++i) {
      const StepShape step = RandomStep(random);
      EXPECT_EQ(cost.Total(step), TotalWork(StepOps(model, step, options)));
    }
  }
}

TEST(StepCostTest, PassesAreWhatIsReadForAllRowsAndForWantedOnesAlone) {
  ModelShape model = TinyShape();
  model.layers.assign(3, model.layers[0]);
  model.layers[2].output.bytes = 51;
  const StepCost cost(model, {});
  EXPECT_EQ(cost.layer_pass(), W(0, 0, 2 * 280 + 100, 0, 0, 0));
  EXPECT_EQ(cost.last_layer_pass(), W(0, 0, 51 + 90 + 40, 0, 0, 0));
  EXPECT_EQ(cost.head_pass(), W(0, 0, 200, 0, 0, 0));
}

TEST(StepCostTest, AttentionIsWhatTheListSaysOfIt) {
  ModelShape model = Smollm2Shape();
  model.layers[3].window = 16;
  const StepCost cost(model, {});
  for (const int context : {0, 5, 300}) {
    const SequenceShape sequence{
        .num_tokens = 7, .context_tokens = context, .num_logits = 2};
    Work attention;
    for (const OpCost& op : StepOps(model, {{sequence}}, {})) {
      if (op.kind != OpKind::kAttention) continue;
      attention.other_operations += op.work.other_operations;
      attention.kv_read_bytes += op.work.kv_read_bytes;
    }
    EXPECT_EQ(cost.Attention(sequence), attention);
  }
}

TEST(StepCostTest, AMarginalIsWhatASequenceAddsToAnyStep) {
  const StepCost cost(Smollm2Shape(), {});
  std::mt19937 random(8);
  for (int i = 0; i < 100; ++i) {
    StepShape step = RandomStep(random);
    step.sequences.push_back({.num_tokens = 1, .num_logits = 1});
    const Work before = cost.Total(step);
    const SequenceShape added{
        .num_tokens = 5, .context_tokens = 3 * i, .num_logits = 2};
    step.sequences.push_back(added);
    EXPECT_EQ(cost.Total(step), before + cost.Marginal(added));
  }
}

}  // namespace
}  // namespace mj
