#include "kernels/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/half.h"
#include "kernels/kv_write.h"
#include "tests/kernels/kernel_versions.h"
#include "tests/kernels/random_weights.h"
#include "tests/kernels/stored_kv.h"

namespace mj {
namespace {

struct AttentionCase {
  const char* name;
  int num_heads, head_dim, window, positions;
};
constexpr AttentionCase kCases[] = {
    {"one position", 3, 64, 0, 1},   {"a block and one", 3, 64, 0, 33},
    {"two ranges", 3, 64, 0, 300},   {"no group", 1, 80, 0, 70},
    {"padded head", 2, 20, 0, 40},   {"wide head, window", 4, 96, 37, 330},
    {"window of one", 2, 16, 1, 70}, {"odd head", 5, 21, 8, 40},
    {"many heads", 53, 16, 0, 35},
};

// The most rows of a call.
int Tile(const AttentionCase& c) {
  return std::max(1, kAttentionQueries / c.num_heads);
}

// 64-byte aligned; NaN until written.
class AlignedFloats {
 public:
  explicit AlignedFloats(int64_t count)
      : floats_(count + 16, std::numeric_limits<float>::quiet_NaN()) {}
  float* data() {
    const auto base = reinterpret_cast<uintptr_t>(floats_.data());
    return reinterpret_cast<float*>((base + 63) / 64 * 64);
  }

 private:
  std::vector<float> floats_;
};

// A sequence: queries and KV of every position, in shuffled blocks. Slots that
// no position wrote hold NaN, in their scales too.
struct Sequence {
  Sequence(const AttentionCase& c, KvType type)
      : c(c),
        type(type),
        width(c.num_heads * c.head_dim),
        block_bytes(KvBlockBytes(type, c.head_dim)),
        q(RandomFloats(c.positions * width, 1)),
        k(RandomFloats(c.positions * c.head_dim, 2)),
        v(RandomFloats(c.positions * c.head_dim, 3)) {
    const int blocks = (c.positions + 31) / 32;
    for (int b = 0; b < blocks; ++b) table.push_back((b * 7 + 3) % 11 + b * 11);
    kv.assign(blocks * 11 * block_bytes, std::byte{0xFF});
  }

  // Writes K and V of positions [first, last).
  void Write(int first, int last) {
    for (int p = first; p < last; ++p) {
      WriteKv(type, c.head_dim, k.data() + p * c.head_dim,
              v.data() + p * c.head_dim, p % 32,
              kv.data() + table[p / 32] * block_bytes);
    }
  }

  AttentionArgs Args(int first, int count) const {
    return {.q = q.data() + first * width,
            .q_stride = width,
            .num_rows = count,
            .num_heads = c.num_heads,
            .start_position = first,
            .head_dim = c.head_dim,
            .scale = 1 / std::sqrt(static_cast<float>(c.head_dim)),
            .window = c.window,
            .type = type,
            .kv = kv.data(),
            .block_stride = block_bytes,
            .block_table = table.data(),
            .out_stride = width};
  }

  std::vector<float> Run(const KernelTable& kernels, int first,
                         int count) const {
    std::vector<float> out(count * width, -7.0f);
    AlignedFloats scratch(
        AttentionScratchFloats(count * c.num_heads, c.head_dim));
    AttentionArgs args = Args(first, count);
    args.out = out.data();
    args.scratch = scratch.data();
    kernels.attention(args);
    return out;
  }

  // Each range in a call of its own, the last one first.
  std::vector<float> RunApart(const KernelTable& kernels, int first,
                              int count) const {
    std::vector<float> out(count * width, -7.0f);
    const int queries = count * c.num_heads;
    AlignedFloats scratch(AttentionScratchFloats(queries, c.head_dim));
    AttentionArgs args = Args(first, count);
    const AttentionRanges ranges = RangesOf(args);
    AlignedFloats partials((ranges.end - ranges.first) *
                           AttentionPartialFloats(queries, c.head_dim));
    args.scratch = scratch.data();
    args.partials = partials.data();
    for (int r = ranges.end - 1; r >= ranges.first; --r) {
      args.part = {r, r + 1};
      kernels.attention(args);
    }
    args.out = out.data();
    kernels.merge_attention(args);
    return out;
  }

  // Every head of one row, from K and V as stored: [width].
  std::vector<double> Exact(int position, bool round_q) const {
    const int first = c.window > 0 ? std::max(0, position + 1 - c.window) : 0;
    std::vector<double> out(width);
    for (int h = 0; h < c.num_heads; ++h) {
      const float* query = q.data() + position * width + h * c.head_dim;
      double total = 0;
      for (int p = first; p <= position; ++p) {
        const StoredKv block(type, c.head_dim,
                             kv.data() + table[p / 32] * block_bytes);
        double score = 0;
        for (int d = 0; d < c.head_dim; ++d) {
          score += Rounded(query[d], round_q) * block.Key(p % 32, d);
        }
        const double weight = std::exp(score / std::sqrt(c.head_dim));
        total += weight;
        for (int d = 0; d < c.head_dim; ++d) {
          out[h * c.head_dim + d] += weight * block.Value(p % 32, d);
        }
      }
      for (int d = 0; d < c.head_dim; ++d) out[h * c.head_dim + d] /= total;
    }
    return out;
  }

  static double Rounded(float x, bool round) {
    return round ? BFloat16ToFloat(FloatToBFloat16(x)) : x;
  }

  AttentionCase c;
  KvType type;
  int width;
  int64_t block_bytes;
  std::vector<float> q, k, v;
  std::vector<std::byte> kv;
  std::vector<int32_t> table;
};

// |v| stays below 4. int8's scales add three roundings, two of them to scores
// below 16: 40 * 2^-24, within the 64 * 2^-22 that the others have.
void CheckAgainstDouble(const KernelTable& kernels, KvType type, bool bf16) {
  for (const AttentionCase& c : kCases) {
    Sequence sequence(c, type);
    sequence.Write(0, c.positions);
    const int count = std::min(Tile(c), c.positions);
    const int first = c.positions - count;
    const std::vector<float> out = sequence.Run(kernels, first, count);
    const double tolerance = (c.head_dim + 64) * std::ldexp(4.0, -22) +
                             (bf16 ? std::ldexp(4.0, -7) : 0);
    for (int r = 0; r < count; ++r) {
      const std::vector<double> exact = sequence.Exact(first + r, bf16);
      for (int i = 0; i < sequence.width; ++i) {
        ASSERT_NEAR(out[r * sequence.width + i], exact[i], tolerance)
            << c.name << " row " << r << " element " << i;
      }
    }
  }
}

struct Version {
  std::string name;
  KernelTable kernels;  // .attention is tested
  KvType type;
  bool bf16 = false;  // it is AttentionBf16
};

std::vector<Version> AllVersions() {
  std::vector<KernelVersion> tables = VectorVersions();
  tables.push_back({"scalar", ScalarKernels()});
  std::vector<Version> versions;
  for (const KernelVersion& table : tables) {
    for (KvType type : kAllKvTypes) {
      versions.push_back({table.name + "_" + std::string(KvTypeName(type)),
                          table.kernels, type});
    }
    if (table.kernels.attention_bf16 == nullptr) continue;
    KernelTable kernels = table.kernels;
    kernels.attention = kernels.attention_bf16;
    versions.push_back(
        {table.name + "_bf16_products", kernels, KvType::kBF16, true});
  }
  return versions;
}

class AttentionTest : public testing::TestWithParam<Version> {
 protected:
  const KernelTable& kernels() const { return GetParam().kernels; }
  KvType type() const { return GetParam().type; }
};
INSTANTIATE_TEST_SUITE_P(Versions, AttentionTest,
                         testing::ValuesIn(AllVersions()),
                         [](const auto& info) { return info.param.name; });

TEST_P(AttentionTest, FollowsDouble) {
  CheckAgainstDouble(kernels(), type(), GetParam().bf16);
}

// Alone while later slots hold NaN, and in chunks of any size after all
// positions are written: the same bits.
TEST_P(AttentionTest, ARowsBitsDependOnItsPositionAlone) {
  for (const AttentionCase& c : kCases) {
    Sequence sequence(c, type());
    std::vector<float> alone;
    for (int p = 0; p < c.positions; ++p) {
      sequence.Write(p, p + 1);
      const auto row = sequence.Run(kernels(), p, 1);
      alone.insert(alone.end(), row.begin(), row.end());
    }
    for (float x : alone) ASSERT_TRUE(std::isfinite(x)) << c.name;
    for (int chunk : {2, 3, 5, Tile(c)}) {
      if (chunk > Tile(c)) continue;
      for (int p = 0; p < c.positions; p += chunk) {
        const int count = std::min(chunk, c.positions - p);
        const auto rows = sequence.Run(kernels(), p, count);
        ASSERT_TRUE(std::equal(rows.begin(), rows.end(),
                               alone.begin() + p * sequence.width))
            << c.name << ": position " << p << " in chunks of " << chunk;
      }
    }
  }
}

TEST_P(AttentionTest, RangesMayBeComputedApart) {
  for (const AttentionCase& c : {kCases[0], kCases[2], kCases[5]}) {
    Sequence sequence(c, type());
    sequence.Write(0, c.positions);
    for (int count : {1, 5, Tile(c)}) {
      // Rows on both sides of a range's start, if there is one.
      const int first = std::max(0, std::min(c.positions, 258) - count);
      count = std::min(count, c.positions - first);
      EXPECT_EQ(sequence.RunApart(kernels(), first, count),
                sequence.Run(kernels(), first, count))
          << c.name << ", " << count << " rows";
    }
    EXPECT_EQ(sequence.RunApart(kernels(), c.positions - 1, 1),
              sequence.Run(kernels(), c.positions - 1, 1))
        << c.name;
  }
}

}  // namespace
}  // namespace mj
