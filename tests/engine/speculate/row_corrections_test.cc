#include "engine/speculate/row_corrections.h"

#include <gtest/gtest.h>

#include <random>

namespace mj {
namespace {

double Ratio(const RowCorrections& corrections, int rows, int64_t step) {
  return corrections.At(step)[RowCorrections::Bucket(rows)].ratio;
}

TEST(RowCorrectionsTest, Buckets) {
  for (int rows = 1; rows <= 64; ++rows) {
    EXPECT_EQ(RowCorrections::Bucket(rows), rows - 1);
  }
  EXPECT_EQ(RowCorrections::Bucket(65), 64);
  EXPECT_EQ(RowCorrections::Bucket(68), 64);
  EXPECT_EQ(RowCorrections::Bucket(69), 65);
  EXPECT_NE(RowCorrections::Bucket(128), RowCorrections::Bucket(129));
  EXPECT_NE(RowCorrections::Bucket(256), RowCorrections::Bucket(257));
  for (int rows = 2; rows < 10'000; ++rows) {
    const int step =
        RowCorrections::Bucket(rows) - RowCorrections::Bucket(rows - 1);
    EXPECT_TRUE(step == 0 || step == 1) << rows;
  }
  EXPECT_EQ(RowCorrections::Bucket(1 << 20), RowCorrections::kBuckets - 1);
}

TEST(RowCorrectionsTest, TheModelHoldsUntilSomethingIsMeasured) {
  const RowCorrections corrections;
  EXPECT_EQ(Ratio(corrections, 1, 0), 1);
  EXPECT_EQ(Ratio(corrections, 100, 0), 1);
  EXPECT_EQ(corrections.At(0)[0].trust, 0);
}

TEST(RowCorrectionsTest, WhatIsNoMeasurementIsIgnored) {
  RowCorrections corrections;
  corrections.Observe(1, 0, 1);
  corrections.Observe(1, -1, 1);
  EXPECT_EQ(corrections.At(1)[0].trust, 0);
}

TEST(RowCorrectionsTest, ProbesDoNotFadeButGiveWay) {
  constexpr int64_t kLate = 1'000'000;
  RowCorrections corrections;
  for (int i = 0; i < 3; ++i) {
    corrections.ObserveProbe(1, 1);
    corrections.ObserveProbe(8, 2);
  }
  const auto late = corrections.At(kLate);
  EXPECT_GT(late[RowCorrections::Bucket(8)].trust, 0.9);
  EXPECT_NEAR(Ratio(corrections, 8, kLate), 2, 0.1);
  for (int i = 0; i < 30; ++i) corrections.Observe(8, 3, kLate + i);
  EXPECT_NEAR(Ratio(corrections, 8, kLate + 30), 3, 0.2);
}

TEST(RowCorrectionsTest, LearnsEachNumberOfRows) {
  RowCorrections corrections;
  std::mt19937 random(1);
  std::normal_distribution<> noise(1, 0.05);
  for (int step = 1; step <= 2000; ++step) {
    const int rows = 1 + step % 16;
    const double truth = rows <= 8 ? 0.5 : 2;  // a tile of eight rows
    corrections.Observe(rows, truth * noise(random), step);
  }
  for (int rows = 1; rows <= 16; ++rows) {
    const double truth = rows <= 8 ? 0.5 : 2;
    EXPECT_NEAR(Ratio(corrections, rows, 2000) / truth, 1, 0.12) << rows;
  }
  // Beyond, the nearest ones tell more than the model.
  EXPECT_NEAR(Ratio(corrections, 18, 2000), 2, 0.4);
}

TEST(RowCorrectionsTest, AnInterruptedStepCountsLittle) {
  RowCorrections corrections;
  for (int step = 1; step <= 50; ++step) corrections.Observe(4, 1, step);
  corrections.Observe(4, 20, 51);
  EXPECT_LT(Ratio(corrections, 4, 51), 1.05);
}

// Another clock: what had been measured at the old one stays comparable.
TEST(RowCorrectionsTest, AllStepsGetDearerAlike) {
  RowCorrections corrections;
  int step = 0;
  while (step < 200) {
    ++step;
    corrections.Observe(1, 1, step);
    corrections.Observe(4, 2, step);
  }
  for (int i = 0; i < 100; ++i) corrections.Observe(4, 2.8, ++step);
  EXPECT_NEAR(Ratio(corrections, 4, step), 2.8, 0.15);
  EXPECT_NEAR(Ratio(corrections, 1, step), 1.4, 0.2);
}

TEST(RowCorrectionsTest, StaysPutUnderNoise) {
  RowCorrections corrections;
  std::mt19937 random(2);
  std::normal_distribution<> noise(1, 0.05);
  for (int step = 1; step <= 100; ++step) {
    corrections.Observe(32, 1 * noise(random), step);
  }
  for (int step = 101; step <= 5000; ++step) {
    corrections.Observe(64, 1.5 * noise(random), step);
  }
  EXPECT_NEAR(Ratio(corrections, 64, 5000) / Ratio(corrections, 32, 5000), 1.5,
              0.08);
}

TEST(RowCorrectionsTest, TrustGrowsWithSamplesAndFades) {
  RowCorrections corrections;
  corrections.Observe(8, 1, 1);
  const RowCorrections::Estimate once = corrections.At(1)[7];
  for (int step = 2; step <= 20; ++step) corrections.Observe(8, 1, step);
  const RowCorrections::Estimate often = corrections.At(20)[7];
  EXPECT_GT(once.trust, 0.8);
  EXPECT_GT(often.trust, once.trust);
  EXPECT_LT(often.error, once.error);
  EXPECT_LT(corrections.At(200'000)[7].trust, often.trust);
}

}  // namespace
}  // namespace mj
