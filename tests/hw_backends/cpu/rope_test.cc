#include "hw_backends/cpu/rope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace mj {
namespace {

TEST(RopeTest, RotatesBothPairLayoutsAndLeavesTheRest) {
  for (bool interleaved : {false, true}) {
    const RopeSpec spec{{1.0f, 0.25f}, 1.5f, interleaved};
    std::vector<float> cosines(2), sines(2), head = {1, 2, 3, 4, 5, 6};
    ComputeRotation(spec, 7, cosines.data(), sines.data());
    Rotate(spec, cosines.data(), sines.data(), head.data());
    for (int i = 0; i < 2; ++i) {
      const int first = interleaved ? 2 * i : i;
      const int second = interleaved ? 2 * i + 1 : i + 2;
      const double angle = 7 * double{spec.inverse_frequency[i]};
      const double a = first + 1, b = second + 1;
      EXPECT_NEAR(head[first],
                  1.5 * (a * std::cos(angle) - b * std::sin(angle)), 1e-5);
      EXPECT_NEAR(head[second],
                  1.5 * (a * std::sin(angle) + b * std::cos(angle)), 1e-5);
    }
    EXPECT_EQ(head[4], 5);
    EXPECT_EQ(head[5], 6);
  }
}

}  // namespace
}  // namespace mj
