#include "hw_backends/cpu/attention_phase.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/cpu_features.h"
#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

constexpr int kHeads = 4, kKvHeads = 2, kHeadDim = 20;
constexpr int kQkv = (kHeads + 2 * kKvHeads) * kHeadDim;
constexpr int kWidth = kHeads * kHeadDim;
constexpr int kPositions = 1100;  // five ranges
constexpr int kBlocks = (kPositions + 31) / 32;

AttentionSpec Spec(int window) {
  return {.layer = 0,
          .num_heads = kHeads,
          .num_kv_heads = kKvHeads,
          .head_dim = kHeadDim,
          .scale = 0.2f,
          .window = window};
}

KernelTable HostKernels() {
  return *ChooseKernels(ReadCpuFeatures(), std::nullopt);
}

// One sequence whose K and V are all written.
struct Fixture {
  explicit Fixture(KvType type)
      : cache(*KvCache::Create({1, kKvHeads, kHeadDim}, kBlocks, type)),
        qkv(RandomFloats(kPositions * kQkv, 1)) {
    for (int b = 0; b < kBlocks; ++b) table.push_back((b * 5 + 2) % kBlocks);
    for (int p = 0; p < kPositions; ++p) {
      const float* k = qkv.data() + p * kQkv + kWidth;
      for (int h = 0; h < kKvHeads; ++h) {
        cache.Write(0, h, table[p / 32], p % 32, k + h * kHeadDim,
                    k + (kKvHeads + h) * kHeadDim);
      }
    }
  }

  // Attention of the sequence's rows from `first` on.
  std::vector<float> Run(AttentionPhase& phase, const KernelTable& kernels,
                         WorkerPool& pool, int window, int first, int count) {
    std::vector<float> out(count * kWidth);
    const StepSequence sequence{0, count, first, table};
    phase.Run(kernels, pool, Spec(window), {&sequence, 1},
              {qkv.data() + first * kQkv, kQkv}, cache, {out.data(), kWidth});
    return out;
  }

  KvCache cache;
  std::vector<float> qkv;
  std::vector<int32_t> table;
};

// A row alone with a long context is cut by ranges, rows of a prompt are not.
TEST(AttentionPhaseTest, BitsDependOnNeitherThreadsNorCuts) {
  const KernelTable kernels = HostKernels();
  WorkerPool one(1);
  for (KvType type : kAllKvTypes) {
    Fixture fixture(type);
    for (int window : {0, 300}) {
      AttentionPhase phase;
      const std::vector<float> want =
          fixture.Run(phase, kernels, one, window, 0, kPositions);
      for (float x : want) ASSERT_TRUE(std::isfinite(x));
      for (int threads : {1, 2, 5}) {
        WorkerPool pool(threads);
        for (int count : {1, 7, 40, kPositions}) {
          const int first = kPositions - count;
          const auto rows =
              fixture.Run(phase, kernels, pool, window, first, count);
          EXPECT_TRUE(std::equal(rows.begin(), rows.end(),
                                 want.begin() + first * kWidth))
              << KvTypeName(type) << ", window " << window << ", " << threads
              << " threads, last " << count << " rows";
        }
      }
    }
  }
}

void Marked(const AttentionArgs& args, float mark) {
  for (int r = 0; r < args.num_rows; ++r) {
    float* row = args.out + r * args.out_stride;
    std::fill_n(row, args.num_heads * args.head_dim, mark);
  }
}

TEST(AttentionPhaseTest, ProductsFollowNumericsCacheAndCpu) {
  KernelTable with = HostKernels();
  with.attention = [](const AttentionArgs& args) { Marked(args, 32); };
  with.attention_bf16 = [](const AttentionArgs& args) { Marked(args, 16); };
  KernelTable without = with;
  without.attention_bf16 = nullptr;
  const struct {
    const char* name;
    const KernelTable& kernels;
    Numerics numerics;
    KvType type;
    float want;
  } cases[] = {
      {"bf16", with, Numerics::kBf16, KvType::kBF16, 16},
      {"int8", with, Numerics::kInt8, KvType::kBF16, 16},
      {"f32", with, Numerics::kF32, KvType::kBF16, 32},
      {"f16 cache", with, Numerics::kBf16, KvType::kF16, 32},
      {"CPU without", without, Numerics::kBf16, KvType::kBF16, 32},
  };
  WorkerPool pool(1);
  for (const auto& c : cases) {
    Fixture fixture(c.type);
    AttentionPhase phase(c.numerics);
    for (float x : fixture.Run(phase, c.kernels, pool, 0, 3, 2)) {
      ASSERT_EQ(x, c.want) << c.name;
    }
  }
}

}  // namespace
}  // namespace mj
