#include "kernels/scalar/dequantize.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/half.h"

namespace mj {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct HalfCase {
  const char* name;
  uint16_t bits;
  float want;
};

constexpr HalfCase kHalfCases[] = {
    {"zero", 0x0000, 0.0f},
    {"one", 0x3c00, 1.0f},
    {"minus two", 0xc000, -2.0f},
    {"largest", 0x7bff, 65504.0f},
    {"smallest normal", 0x0400, 0x1p-14f},
    {"largest subnormal", 0x03ff, 0x1p-14f - 0x1p-24f},
    {"smallest subnormal", 0x0001, 0x1p-24f},
    {"negative subnormal", 0x8003, -3 * 0x1p-24f},
    {"infinity", 0x7c00, kInfinity},
    {"minus infinity", 0xfc00, -kInfinity},
};

TEST(HalfToFloat, Cases) {
  for (const HalfCase& c : kHalfCases) {
    EXPECT_EQ(HalfToFloat(c.bits), c.want) << c.name;
  }
  EXPECT_TRUE(std::signbit(HalfToFloat(0x8000)));
  EXPECT_TRUE(std::isnan(HalfToFloat(0x7e00)));
  EXPECT_TRUE(std::isnan(HalfToFloat(0x7c01)));
}

// Against the definition: (-1)^s * 2^(e - 15) * (1 + m / 1024).
TEST(HalfToFloat, EveryFiniteValue) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const int exponent = bits >> 10 & 31;
    const int mantissa = bits & 1023;
    if (exponent == 31) continue;
    const double size = exponent == 0
                            ? std::ldexp(mantissa, -24)
                            : std::ldexp(1024 + mantissa, exponent - 25);
    const double want = bits & 0x8000 ? -size : size;
    ASSERT_EQ(HalfToFloat(static_cast<uint16_t>(bits)), want) << bits;
  }
}

TEST(BFloat16ToFloat, Cases) {
  EXPECT_EQ(scalar::BFloat16ToFloat(0x3f80), 1.0f);
  EXPECT_EQ(scalar::BFloat16ToFloat(0xc040), -3.0f);
  EXPECT_EQ(scalar::BFloat16ToFloat(0x0001), 0x1p-133f);
  EXPECT_EQ(scalar::BFloat16ToFloat(0x7f80), kInfinity);
  EXPECT_TRUE(std::isnan(scalar::BFloat16ToFloat(0x7fc0)));
}

// A block written byte by byte, and its elements.
class Block {
 public:
  explicit Block(TensorType type)
      : type_(type), bytes_(InfoOf(type).block_bytes) {}

  Block& Set(size_t at, std::initializer_list<int> values) {
    for (int value : values) bytes_[at++] = static_cast<std::byte>(value);
    return *this;
  }

  std::vector<float> Values() const {
    std::vector<float> out(InfoOf(type_).block_elements);
    scalar::DequantizeRow(type_, bytes_.data(), out.data(),
                          static_cast<int64_t>(out.size()));
    return out;
  }

 private:
  TensorType type_;
  std::vector<std::byte> bytes_;
};

struct WorkedCase {
  const char* name;
  Block block;
  // Element -> value.
  std::vector<std::pair<int, float>> want;
};

// Halves: 0x3800 = 0.5, 0x3c00 = 1, 0x4000 = 2. Worked out by hand from the
// block layouts.
std::vector<WorkedCase> WorkedCases() {
  using T = TensorType;
  std::vector<WorkedCase> cases;
  cases.push_back(
      {"F32", Block(T::kF32).Set(0, {0, 0, 0x20, 0xc0}), {{0, -2.5f}}});
  cases.push_back({"F16", Block(T::kF16).Set(0, {0, 0x38}), {{0, 0.5f}}});
  cases.push_back({"BF16", Block(T::kBF16).Set(0, {0x20, 0xc0}), {{0, -2.5f}}});
  cases.push_back(
      {"Q4_0",
       Block(T::kQ4_0).Set(0, {0, 0x38, 0xf0, 0x19}),
       {{0, -4.0f}, {16, 3.5f}, {1, 0.5f}, {17, -3.5f}, {2, -4.0f}}});
  cases.push_back({"Q4_1",
                   Block(T::kQ4_1).Set(0, {0, 0x38, 0, 0x40, 0xf0, 0x19}),
                   {{0, 2.0f}, {16, 9.5f}, {1, 6.5f}, {17, 2.5f}}});
  cases.push_back(
      {"Q5_0",
       Block(T::kQ5_0).Set(0, {0, 0x3c, 0x02, 0, 0x01, 0x80, 0x31, 0x4f}),
       {{0, -15.0f}, {16, 3.0f}, {1, 15.0f}, {17, -12.0f}, {31, 0.0f}}});
  cases.push_back(
      {"Q5_1",
       Block(T::kQ5_1).Set(0,
                           {0, 0x3c, 0, 0x40, 0x02, 0, 0x01, 0x80, 0x31, 0x4f}),
       {{0, 3.0f}, {16, 21.0f}, {1, 33.0f}, {17, 6.0f}, {31, 18.0f}}});
  cases.push_back({"Q8_0",
                   Block(T::kQ8_0).Set(0, {0, 0x38, 0x80, 0x7f, 0xff}),
                   {{0, -64.0f}, {1, 63.5f}, {2, -0.5f}, {3, 0.0f}}});
  // Scale 0.5, minimum 2. Group 0: scale 3, minimum 1. Group 4: scale
  // 0b010010 = 18, its high bits on top of group 0's; minimum 0b100001 = 33.
  cases.push_back({"Q4_K",
                   Block(T::kQ4_K)
                       .Set(0, {0, 0x38, 0, 0x40})
                       .Set(4, {0x43, 5, 0, 0, 0x81, 2, 0, 0, 0x12})
                       .Set(16, {0x7a})
                       .Set(16 + 64, {0x05}),
                   {{0, 1.5f * 10 - 2},       // group 0, low nibble 10
                    {32, 2.5f * 7 - 4},       // group 1, high nibble 7
                    {128, 9.0f * 5 - 66}}});  // group 4, low nibble 5
  cases.push_back({"Q5_K",
                   Block(T::kQ5_K)
                       .Set(0, {0, 0x38, 0, 0x40})
                       .Set(4, {0x43, 5, 0, 0, 0x81, 2, 0, 0, 0x12})
                       .Set(16, {0x11})
                       .Set(48, {0x7a})
                       .Set(48 + 64, {0x05}),
                   {{0, 1.5f * 26 - 2},        // fifth bit set
                    {32, 2.5f * 7 - 4},        // not set
                    {128, 9.0f * 21 - 66}}});  // set
  // Scale 0.5; groups 0, 2, 8 and 14 scale by 3, -2, 1 and 4.
  cases.push_back({"Q6_K",
                   Block(T::kQ6_K)
                       .Set(0, {0x9a})         // runs 0 and 2, element 0
                       .Set(32, {0x05})        // run 1
                       .Set(64 + 32, {0xe0})   // second half, run 3
                       .Set(128, {0x0e})       // pairs 2 (run 0), 3 (run 1)
                       .Set(128 + 32, {0x40})  // pair 1 (run 3)
                       .Set(192, {3, 0, 0xfe})
                       .Set(192 + 14, {4})
                       .Set(208, {0, 0x38}),
                   {{0, 1.5f * (10 + 32 - 32)},
                    {32, -1.0f * (5 + 48 - 32)},
                    {224, 2.0f * (14 + 16 - 32)}}});
  return cases;
}

TEST(DequantizeRow, HandWorkedBlocks) {
  for (const WorkedCase& c : WorkedCases()) {
    const std::vector<float> values = c.block.Values();
    for (const auto& [element, want] : c.want) {
      EXPECT_EQ(values[element], want) << c.name << " element " << element;
    }
  }
}

template <typename T>
T Take(const std::string& data, size_t& at) {
  T value;
  std::memcpy(&value, data.data() + at, sizeof(T));
  at += sizeof(T);
  return value;
}

// tests/tools/make_dequantize_data.py made the file.
TEST(DequantizeRow, EqualsThePythonReference) {
  std::ifstream file(MJ_SOURCE_DIR "/tests/data/dequantize.bin",
                     std::ios::binary);
  const std::string data{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(data.empty());
  int types = 0;
  for (size_t at = 0; at < data.size(); ++types) {
    const auto type = static_cast<TensorType>(Take<uint32_t>(data, at));
    const uint32_t bytes = Take<uint32_t>(data, at);
    const std::string row = data.substr(at, bytes);
    at += bytes;
    std::vector<float> got(Take<uint32_t>(data, at));
    scalar::DequantizeRow(type, reinterpret_cast<const std::byte*>(row.data()),
                          got.data(), static_cast<int64_t>(got.size()));
    for (size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(got[i], Take<float>(data, at))
          << InfoOf(type).name << " element " << i;
    }
  }
  EXPECT_EQ(types, 8);
}

}  // namespace
}  // namespace mj
