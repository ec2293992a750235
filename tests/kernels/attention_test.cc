#include "kernels/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

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
    {"odd head", 2, 20, 0, 40},      {"wide head, window", 4, 96, 37, 330},
    {"window of one", 2, 16, 1, 70},
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
         .type = type,
         .kv = kv.data(),
         .block_stride = block_bytes,
         .block_table = table.data(),
         .out = out.data(),
         .out_stride = width,
         .scratch = reinterpret_cast<float*>((base + 63) / 64 * 64)});
    return out;
  }

  // Every head of one row, from K and V as stored: [width].
  std::vector<double> Exact(int position) const {
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
          score += double{query[d]} * block.Key(p % 32, d);
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
void CheckAgainstDouble(const KernelTable& kernels, KvType type) {
  for (const AttentionCase& c : kCases) {
    Sequence sequence(c, type);
    sequence.Write(0, c.positions);
    const int tile = kAttentionQueries / c.num_heads;
    const int count = std::min(tile, c.positions);
    const int first = c.positions - count;
    const std::vector<float> out = sequence.Run(kernels, first, count);
    const double tolerance = (c.head_dim + 64) * std::ldexp(4.0, -22);
    for (int r = 0; r < count; ++r) {
      const std::vector<double> exact = sequence.Exact(first + r);
      for (int i = 0; i < sequence.width; ++i) {
        ASSERT_NEAR(out[r * sequence.width + i], exact[i], tolerance)
            << c.name << " row " << r << " element " << i;
      }
    }
  }
}

std::vector<KernelVersion> AllVersions() {
  std::vector<KernelVersion> versions = VectorVersions();
  versions.push_back({"scalar", ScalarKernels()});
  return versions;
}

using Param = std::tuple<KernelVersion, KvType>;

class AttentionTest : public testing::TestWithParam<Param> {
 protected:
  const KernelTable& kernels() const {
    return std::get<KernelVersion>(GetParam()).kernels;
  }
  KvType type() const { return std::get<KvType>(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Versions, AttentionTest,
                         testing::Combine(testing::ValuesIn(AllVersions()),
                                          testing::ValuesIn(kAllKvTypes)),
                         [](const testing::TestParamInfo<Param>& info) {
                           return std::get<KernelVersion>(info.param).name +
                                  "_" +
                                  std::string(
                                      KvTypeName(std::get<KvType>(info.param)));
                         });

TEST_P(AttentionTest, FollowsDouble) { CheckAgainstDouble(kernels(), type()); }

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
    const int largest = kAttentionQueries / c.num_heads;
    for (int chunk : {2, 3, 5, largest}) {
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

}  // namespace
}  // namespace mj
