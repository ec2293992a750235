#include "hw_backends/cim/normal_source.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace mj {
namespace {

std::vector<float> Numbers(const NormalSource& normal, uint64_t place,
                           uint64_t first, size_t count) {
  std::vector<float> numbers(count);
  normal.Fill(place, first, numbers);
  return numbers;
}

TEST(NormalSourceTest, DependsOnEveryCoordinateAndOnNothingElse) {
  const NormalSource normal(1, 2);
  const std::vector<float> want = Numbers(normal, 3, 0, 64);
  EXPECT_EQ(Numbers(NormalSource(1, 2), 3, 0, 64), want);
  EXPECT_NE(Numbers(NormalSource(2, 2), 3, 0, 64), want);
  EXPECT_NE(Numbers(NormalSource(1, 3), 3, 0, 64), want);
  EXPECT_NE(Numbers(normal, 4, 0, 64), want);
}

TEST(NormalSourceTest, PartsOfAPlaceAreThoseOfTheWhole) {
  const NormalSource normal(1, 2);
  const std::vector<float> whole = Numbers(normal, 5, 0, 101);
  for (size_t first : {2, 16, 64}) {
    const std::vector<float> part = Numbers(normal, 5, first, 101 - first);
    EXPECT_EQ(part, std::vector<float>(whole.begin() + first, whole.end()));
  }
}

// Moments and tails of a million, within five standard errors.
TEST(NormalSourceTest, IsStandardNormal) {
  constexpr int kCount = 1 << 20;
  const std::vector<float> numbers = Numbers(NormalSource(3, 4), 0, 0, kCount);
  double moments[5] = {};
  int beyond_two = 0;
  double neighbours = 0;
  for (int i = 0; i < kCount; ++i) {
    double power = 1;
    for (double& moment : moments) {
      moment += power / kCount;
      power *= numbers[i];
    }
    beyond_two += std::abs(numbers[i]) > 2;
    neighbours += double{numbers[i]} * numbers[i ^ 1] / kCount;
  }
  const double error = 5 / std::sqrt(double{kCount});
  EXPECT_NEAR(moments[1], 0, error);
  EXPECT_NEAR(moments[2], 1, error * std::sqrt(2.0));
  EXPECT_NEAR(moments[3], 0, error * std::sqrt(15.0));
  EXPECT_NEAR(moments[4], 3, error * std::sqrt(96.0));
  EXPECT_NEAR(neighbours, 0, error * std::sqrt(2.0));
  EXPECT_NEAR(beyond_two / double{kCount}, 0.0455, error * std::sqrt(0.0435));
}

}  // namespace
}  // namespace mj
