#include "kernels/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/kernels/kernel_versions.h"
#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct AttentionCase {
  const char* name;
  int num_heads, head_dim, window, positions;
};
constexpr AttentionCase kCases[] = {
    {"one position", 3, 64, 0, 1},   {"a block and one", 3, 64, 0, 33},
    {"two ranges", 3, 64, 0, 300},   {"no group", 1, 80, 0, 70},
    {"odd head", 2, 20, 0, 40},      {"wide head, window", 4, 96, 37, 330},
    {"window of one", 2, 16, 1, 70},
};

// A sequence: queries and KV of every position, in shuffled blocks. Slots that
// no position wrote hold NaN.
struct Sequence {
  explicit Sequence(const AttentionCase& c)
      : c(c),
        width(c.num_heads * c.head_dim),
        padded(PaddedHeadDim(c.head_dim)),
        q(RandomFloats(c.positions * width, 1)),
        k(RandomFloats(c.positions * c.head_dim, 2)),
        v(RandomFloats(c.positions * c.head_dim, 3)) {
    const int blocks = (c.positions + 31) / 32;
    for (int b = 0; b < blocks; ++b) table.push_back((b * 7 + 3) % 11 + b * 11);
    kv.assign(blocks * 11 * KvBlockFloats(c.head_dim), kNaN);
  }

  // Writes K and V of positions [first, last).
  void Write(int first, int last) {
    for (int p = first; p < last; ++p) {
      float* keys = kv.data() + table[p / 32] * KvBlockFloats(c.head_dim);
      float* values = keys + 32 * padded;
      for (int d = 0; d < c.head_dim; ++d) {
        keys[32 * d + p % 32] = k[p * c.head_dim + d];
        values[p % 32 * padded + d] = v[p * c.head_dim + d];
      }
    }
  }

  std::vector<float> Run(const KernelTable& kernels, int first,
                         int count) const {
    std::vector<float> out(count * width, -7.0f);
    std::vector<float> scratch(
        AttentionScratchFloats(count * c.num_heads, c.head_dim) + 16);
    const auto base = reinterpret_cast<uintptr_t>(scratch.data());
    kernels.attention(
        {.q = q.data() + first * width,
         .q_stride = width,
         .num_rows = count,
         .num_heads = c.num_heads,
         .start_position = first,
         .head_dim = c.head_dim,
         .scale = 1 / std::sqrt(static_cast<float>(c.head_dim)),
         .window = c.window,
         .kv = kv.data(),
         .block_stride = KvBlockFloats(c.head_dim),
         .block_table = table.data(),
         .out = out.data(),
         .out_stride = width,
         .scratch = reinterpret_cast<float*>((base + 63) / 64 * 64)});
    return out;
  }

  double Exact(int position, int head, int dim) const {
    const int first = c.window > 0 ? std::max(0, position + 1 - c.window) : 0;
    double total = 0, sum = 0;
    for (int p = first; p <= position; ++p) {
      double score = 0;
      for (int d = 0; d < c.head_dim; ++d) {
        score += double{q[position * width + head * c.head_dim + d]} *
                 k[p * c.head_dim + d];
      }
      const double weight = std::exp(score / std::sqrt(c.head_dim));
      total += weight;
      sum += weight * v[p * c.head_dim + dim];
    }
    return sum / total;
  }

  AttentionCase c;
  int width;
  int64_t padded;
  std::vector<float> q, k, v, kv;
  std::vector<int32_t> table;
};

void CheckAgainstDouble(const KernelTable& kernels) {
  for (const AttentionCase& c : kCases) {
    Sequence sequence(c);
    sequence.Write(0, c.positions);
    const int tile = kAttentionQueries / c.num_heads;
    const int count = std::min(tile, c.positions);
    const int first = c.positions - count;
    const std::vector<float> out = sequence.Run(kernels, first, count);
    const double tolerance = (c.head_dim + 64) * std::ldexp(4.0, -22);
    for (int r = 0; r < count; ++r) {
      for (int i = 0; i < sequence.width; ++i) {
        ASSERT_NEAR(out[r * sequence.width + i],
                    sequence.Exact(first + r, i / c.head_dim, i % c.head_dim),
                    tolerance)
            << c.name << " row " << r << " element " << i;
      }
    }
  }
}

TEST(ScalarAttentionTest, FollowsDouble) {
  CheckAgainstDouble(ScalarKernels());
}

std::vector<KernelVersion> AllVersions() {
  std::vector<KernelVersion> versions = VectorVersions();
  versions.push_back({"scalar", ScalarKernels()});
  return versions;
}

class AttentionTest : public testing::TestWithParam<KernelVersion> {};
INSTANTIATE_TEST_SUITE_P(Versions, AttentionTest,
                         testing::ValuesIn(AllVersions()), VersionName);

TEST_P(AttentionTest, FollowsDouble) { CheckAgainstDouble(GetParam().kernels); }

// Alone while later slots hold NaN, and in chunks of any size after all
// positions are written: the same bits.
TEST_P(AttentionTest, ARowsBitsDependOnItsPositionAlone) {
  for (const AttentionCase& c : kCases) {
    Sequence sequence(c);
    std::vector<float> alone;
    for (int p = 0; p < c.positions; ++p) {
      sequence.Write(p, p + 1);
      const auto row = sequence.Run(GetParam().kernels, p, 1);
      alone.insert(alone.end(), row.begin(), row.end());
    }
    for (float x : alone) ASSERT_TRUE(std::isfinite(x)) << c.name;
    const int largest = kAttentionQueries / c.num_heads;
    for (int chunk : {2, 3, 5, largest}) {
      for (int p = 0; p < c.positions; p += chunk) {
        const int count = std::min(chunk, c.positions - p);
        const auto rows = sequence.Run(GetParam().kernels, p, count);
        ASSERT_TRUE(std::equal(rows.begin(), rows.end(),
                               alone.begin() + p * sequence.width))
            << c.name << ": position " << p << " in chunks of " << chunk;
      }
    }
  }
}

}  // namespace
}  // namespace mj
