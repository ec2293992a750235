#include "bench/rows_bit_equal.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

constexpr int64_t kInputs = 3, kOutputs = 2;

// Sums, with an error in the last row where rows and threads are as given.
struct ErrorCase {
  const char* name;
  int64_t rows;  // 0: no error
  int threads;
  bool want;
};

TEST(RowsBitEqualTest, FindsOneOddRow) {
  const ErrorCase cases[] = {{"none", 0, 0, true},
                             {"one row", 1, 1, false},
                             {"many rows on two threads", 512, 2, false},
                             {"never tried", 5, 1, true}};
  for (const ErrorCase& c : cases) {
    const auto sum = [&](std::span<const float> x, int threads,
                         std::span<float> y) {
      const auto rows = static_cast<int64_t>(x.size()) / kInputs;
      for (int64_t i = 0; i < rows * kOutputs; ++i) {
        const float* row = x.data() + i / kOutputs * kInputs;
        y[i] = row[0] + row[1] + row[2];
      }
      if (rows == c.rows && threads == c.threads) y.back() *= 1.0000002f;
      return absl::OkStatus();
    };
    const absl::StatusOr<bool> got = RowsBitEqual(kInputs, kOutputs, sum);
    ASSERT_TRUE(got.ok()) << c.name;
    EXPECT_EQ(*got, c.want) << c.name;
  }
}

TEST(RowsBitEqualTest, HandsAnErrorOn) {
  const auto fail = [](std::span<const float>, int, std::span<float>) {
    return absl::UnimplementedError("no such product");
  };
  EXPECT_EQ(RowsBitEqual(kInputs, kOutputs, fail).status().message(),
            "no such product");
}

}  // namespace
}  // namespace mj
