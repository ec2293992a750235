#include "hw_backends/lut_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace mj {
namespace {

TEST(LutKernelsTest, ActivationsStayCloseAndPassTheEnds) {
  std::vector<float> gate, up;
  for (float x = -10; x <= 10; x += 0.0173f) gate.push_back(x);
  gate.insert(gate.end(), {-8, 8, -8.001f, 7.9999999f, 1e30f, -1e30f});
  up.assign(gate.size(), 2);
  std::vector<float> y(gate.size()), exact(gate.size());
  for (Activation activation : {Activation::kSilu, Activation::kGeluTanh}) {
    const auto count = std::ssize(gate);
    lut::GatedActivation(activation, gate.data(), up.data(), y.data(), count);
    scalar::GatedActivation(activation, gate.data(), up.data(), exact.data(),
                            count);
    for (size_t i = 0; i < y.size(); ++i) {
      const float tolerance = gate[i] < 8 ? 0.006f : 0.006f + 1e-6f * gate[i];
      EXPECT_NEAR(y[i], exact[i], tolerance) << gate[i];
    }
  }
  const float nan = NAN;
  lut::GatedActivation(Activation::kSilu, &nan, up.data(), y.data(), 1);
  EXPECT_TRUE(std::isnan(y[0]));
}

// One head of two elements: keys give scores, values are 0 or 1.
TEST(LutKernelsTest, SoftmaxWeightsAreTheTables) {
  std::vector<float> block(KvBlockBytes(KvType::kF32, 16) / sizeof(float));
  const int padded = PaddedHeadDim(16);
  const std::vector<float> scores = {0, 1.5f, -3, 0.25f, -40};
  for (size_t t = 0; t < scores.size(); ++t) {
    block[KeyIndex(KvType::kF32, static_cast<int>(t), 0)] = scores[t];
    block[padded * kKvBlockSlots + ValueIndex(KvType::kF32, padded,
                                              static_cast<int>(t),
                                              static_cast<int>(t))] = 1;
  }
  std::vector<float> q(16), out(16);
  q[0] = 1;
  std::vector<float> scratch(AttentionScratchFloats(1, 16));
  const int32_t table[] = {0};
  AttentionArgs args;
  args.q = q.data();
  args.num_rows = args.num_heads = 1;
  args.start_position = 4;
  args.head_dim = 16;
  args.kv = reinterpret_cast<const std::byte*>(block.data());
  args.block_table = table;
  args.out = out.data();
  args.scratch = scratch.data();
  lut::Attention(args);
  double total = 0;
  for (float score : scores) total += std::exp(score);
  for (size_t t = 0; t < scores.size(); ++t) {
    EXPECT_NEAR(out[t], std::exp(scores[t]) / total, 3e-3) << scores[t];
  }
  EXPECT_EQ(out[4], 0);  // below Q0.16
}

}  // namespace
}  // namespace mj
