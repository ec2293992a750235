#include "kernels/kv_write.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/kernels/random_weights.h"
#include "tests/kernels/stored_kv.h"

namespace mj {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kSmallest = std::numeric_limits<float>::denorm_min();

struct WriteCase {
  const char* name;
  KvType type;
  std::vector<float> row;
  std::vector<float> want;  // NaN: any NaN
};

const WriteCase kCases[] = {
    {"f32 as is",
     KvType::kF32,
     {1.1f, -kSmallest, kNaN, kInfinity},
     {1.1f, -kSmallest, kNaN, kInfinity}},
    {"bf16 ties to even",
     KvType::kBF16,
     {1 + 0x1p-8f, 1 + 3 * 0x1p-8f, -1 - 0x1p-8f, 0},
     {1, 1 + 0x1p-6f, -1, 0}},
    {"bf16 NaN alone",
     KvType::kBF16,
     {kNaN, 3, -0.5f, 1e38f},
     {kNaN, 3, -0.5f, 0x1.2cp126f}},
    {"f16 ties to even",
     KvType::kF16,
     {1 + 0x1p-11f, 1 + 3 * 0x1p-11f, -1 - 0x1p-11f, 1e-9f},
     {1, 1 + 0x1p-9f, -1, 0}},
    {"f16 overflows to infinity",
     KvType::kF16,
     {65519, 65520, -1e9f, kNaN},
     {65504, kInfinity, -kInfinity, kNaN}},
    {"int8 ties to even",
     KvType::kInt8,
     {127, 0.5f, 1.5f, -2.5f},
     {127, 0, 2, -2}},
    {"int8 scale of a power of 2",
     KvType::kInt8,
     {-254, 253, 1, 3},
     {-254, 252, 0, 4}},
    {"int8 zeros", KvType::kInt8, {0, -0.0f, 0, 0}, {0, 0, 0, 0}},
    {"int8 NaN spoils its row",
     KvType::kInt8,
     {1, kNaN, 0, 2},
     {kNaN, kNaN, kNaN, kNaN}},
    {"int8 infinity spoils its row",
     KvType::kInt8,
     {1, -kInfinity, 0, 2},
     {kNaN, kNaN, kNaN, kNaN}},
    {"int8 scale underflows",
     KvType::kInt8,
     {kSmallest, 3 * kSmallest, 0, -kSmallest},
     {0, 0, 0, 0}},
    // The scale is the smallest float: codes beyond 127 are cut.
    {"int8 subnormal scale",
     KvType::kInt8,
     {180 * kSmallest, -100 * kSmallest, 1 * kSmallest, 0},
     {127 * kSmallest, -100 * kSmallest, 1 * kSmallest, 0}},
};

// Storage for one head's block, 64-byte aligned, of one byte.
struct Block {
  Block(KvType type, int head_dim, int fill)
      : type(type),
        head_dim(head_dim),
        lines((KvBlockBytes(type, head_dim) + 63) / 64) {
    std::fill_n(data(), KvBlockBytes(type, head_dim),
                static_cast<std::byte>(fill));
  }
  std::byte* data() { return lines[0].bytes; }
  StoredKv stored() { return {type, head_dim, data()}; }

  struct alignas(64) Line {
    std::byte bytes[64];
  };
  KvType type;
  int head_dim;
  std::vector<Line> lines;
};

void ExpectRow(const std::vector<double>& got, const std::vector<float>& want,
               const std::string& what) {
  for (size_t d = 0; d < want.size(); ++d) {
    if (std::isnan(want[d])) {
      EXPECT_TRUE(std::isnan(got[d])) << what << " element " << d;
    } else {
      EXPECT_EQ(got[d], want[d]) << what << " element " << d;
    }
  }
}

// The row as K beside a V of ones, then the other way round.
TEST(KvWriteTest, RowsAreStoredRounded) {
  for (const WriteCase& c : kCases) {
    const int dim = static_cast<int>(c.row.size());
    const std::vector<float> ones(dim, 1.0f);
    Block block(c.type, dim, 0xFF);
    WriteKv(c.type, dim, c.row.data(), ones.data(), 5, block.data());
    WriteKv(c.type, dim, ones.data(), c.row.data(), 31, block.data());
    std::vector<double> k, v, other;
    for (int d = 0; d < dim; ++d) {
      k.push_back(block.stored().Key(5, d));
      v.push_back(block.stored().Value(31, d));
      other.push_back(block.stored().Value(5, d));
    }
    ExpectRow(k, c.want, std::string(c.name) + ", as K");
    ExpectRow(v, c.want, std::string(c.name) + ", as V");
    for (double x : other) EXPECT_NEAR(x, 1, 1e-7) << c.name;
  }
}

// int8: half a step of the row's scale, and the scale's own rounding.
TEST(KvWriteTest, ErrorsStayWithinHalfAStep) {
  constexpr int kDim = 80;
  for (KvType type : kAllKvTypes) {
    for (float size : {1e-3f, 1.0f, 300.0f}) {
      const std::vector<float> k = RandomFloats(kDim, 1, size);
      const std::vector<float> v = RandomFloats(kDim, 2, size);
      Block block(type, kDim, 0);
      WriteKv(type, kDim, k.data(), v.data(), 7, block.data());
      float largest = 0;
      for (float x : k) largest = std::max(largest, std::abs(x));
      for (int d = 0; d < kDim; ++d) {
        const double bound = type == KvType::kF32    ? 0
                             : type == KvType::kBF16 ? std::abs(k[d]) * 0x1p-8
                             : type == KvType::kF16
                                 ? std::max(std::abs(k[d]) * 0x1p-11, 0x1p-25)
                                 : largest / 254 * (1 + 1e-5);
        EXPECT_LE(std::abs(block.stored().Key(7, d) - k[d]), bound)
            << KvTypeName(type) << " " << k[d];
      }
    }
  }
}

TEST(KvWriteTest, OtherSlotsAndPaddingKeepTheirBytes) {
  for (KvType type : kAllKvTypes) {
    for (int dim : {2, 20, 64}) {
      const std::vector<float> row = RandomFloats(2 * dim, 3);
      Block a(type, dim, 0x55), b(type, dim, 0xAA);
      for (Block* block : {&a, &b}) {
        WriteKv(type, dim, row.data(), row.data() + dim, 9, block->data());
      }
      const int64_t bytes = KvBlockBytes(type, dim);
      int64_t written = 0;
      for (int64_t i = 0; i < bytes; ++i) {
        if (a.data()[i] == b.data()[i]) {
          ++written;
        } else {
          ASSERT_EQ(a.data()[i], std::byte{0x55});
          ASSERT_EQ(b.data()[i], std::byte{0xAA});
        }
      }
      EXPECT_EQ(written, 2 * dim * KvElementBytes(type) +
                             (type == KvType::kInt8 ? 8 : 0))
          << KvTypeName(type) << " head_dim " << dim;
    }
  }
}

}  // namespace
}  // namespace mj
