#include "engine/speculate/ridge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace mj {
namespace {

constexpr int kInputs = 5, kOutputs = 3;

struct Rows {
  std::vector<float> x, y;
};

// y = W x + b + noise, W_ij = i - j / 2, b_i = i + 1.
Rows MakeRows(int rows, float noise) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  Rows made;
  for (int r = 0; r < rows; ++r) {
    const size_t at = made.x.size();
    for (int j = 0; j < kInputs; ++j) made.x.push_back(normal(random) + j);
    for (int i = 0; i < kOutputs; ++i) {
      float y = i + 1 + noise * normal(random);
      for (int j = 0; j < kInputs; ++j) y += (i - j / 2.0f) * made.x[at + j];
      made.y.push_back(y);
    }
  }
  return made;
}

TEST(RidgeTest, FindsTheMapThatMadeTheRows) {
  const Rows rows = MakeRows(200, 0);
  Ridge ridge(kInputs, kOutputs);
  ridge.Add(rows.x, rows.y);
  const auto map = ridge.Solve(0);
  ASSERT_TRUE(map.ok()) << map.status();
  for (int i = 0; i < kOutputs; ++i) {
    for (int j = 0; j < kInputs; ++j) {
      EXPECT_NEAR(map->weights[i * kInputs + j], i - j / 2.0, 1e-5);
    }
    EXPECT_NEAR(map->bias[i], i + 1, 1e-4);
  }
  EXPECT_NEAR(map->noise, 0, 1e-9);
  EXPECT_EQ(ridge.rows(), 200);
}

// Rows with a known penalty: one input x = 1, -1, 2, -2 and y = 3 x + 1 give
// xy = 30, xx = 10 and the mean of y alone for the bias.
TEST(RidgeTest, PenaltyIsRelativeToTheInputsAndSparesTheBias) {
  for (const float scale : {1.0f, 100.0f}) {
    Ridge ridge(1, 1);
    for (float x : {1.0f, -1.0f, 2.0f, -2.0f}) {
      const float input = scale * x, output = 3 * x + 1;
      ridge.Add({&input, 1}, {&output, 1});
    }
    const auto map = ridge.Solve(0.5);
    ASSERT_TRUE(map.ok()) << map.status();
    EXPECT_NEAR(map->weights[0], 2.0 / scale, 1e-6);  // 30 / (10 + 0.5 * 10)
    EXPECT_NEAR(map->bias[0], 1, 1e-6);
    EXPECT_NEAR(map->input_power[0], 2.5 * scale * scale, 1e-3);
    EXPECT_NEAR(map->noise, 2.5, 1e-6);  // of x (3 - 2)
  }
}

TEST(RidgeTest, PartsAddUpToTheWhole) {
  const Rows rows = MakeRows(64, 0.5f);
  Ridge whole(kInputs, kOutputs), parts(kInputs, kOutputs);
  whole.Add(rows.x, rows.y);
  for (int r = 0; r < 64; r += 16) {
    parts.Add(std::span(rows.x).subspan(r * kInputs, 16 * kInputs),
              std::span(rows.y).subspan(r * kOutputs, 16 * kOutputs));
  }
  const auto a = whole.Solve(1e-3), b = parts.Solve(1e-3);
  ASSERT_TRUE(a.ok() && b.ok());
  for (size_t i = 0; i < a->weights.size(); ++i) {
    EXPECT_NEAR(a->weights[i], b->weights[i], 1e-6);
  }
  EXPECT_NEAR(a->noise, b->noise, 1e-9);
  EXPECT_NEAR(a->noise, 0.25, 0.1);
}

TEST(RidgeTest, SaysWhyThereIsNoSolution) {
  Ridge none(2, 1);
  EXPECT_EQ(none.Solve(1).status().code(),
            absl::StatusCode::kFailedPrecondition);
  // One row cannot tell two inputs apart, but a penalty can.
  Ridge one(2, 1);
  one.Add(std::vector<float>{1, 2}, std::vector<float>{3});
  const auto singular = one.Solve(0);
  EXPECT_EQ(singular.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(singular.status().message()),
              testing::HasSubstr("1 rows of 2 inputs"));
  EXPECT_TRUE(one.Solve(0.1).ok());
  one.Add(std::vector<float>{1, std::numeric_limits<float>::quiet_NaN()},
          std::vector<float>{3});
  EXPECT_EQ(one.Solve(0.1).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace mj
