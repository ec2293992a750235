#include "hw_backends/fpga/lut_softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace mj {
namespace {

std::vector<uint16_t> Softmax(const std::vector<int16_t>& scores) {
  std::vector<uint16_t> p(scores.size());
  LutSoftmax(scores, p);
  return p;
}

std::vector<double> Exact(const std::vector<int16_t>& scores) {
  const int top = *std::max_element(scores.begin(), scores.end());
  std::vector<double> p;
  double sum = 0;
  for (const int t : scores) sum += p.emplace_back(std::exp2((t - top) / 256.));
  for (double& value : p) value /= sum;
  return p;
}

std::vector<int16_t> RandomScores(int size, int spread, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int16_t> scores(size);
  for (int16_t& t : scores) {
    t = static_cast<int16_t>(static_cast<int>(random() % (2 * spread + 1)) -
                             spread);
  }
  return scores;
}

TEST(LutSoftmaxTest, DecaysByTheNearestPowerOfTwo) {
  for (uint32_t distance = 0; distance < 256; ++distance) {
    EXPECT_EQ(Decay(1 << 16, distance),
              std::lround(65536 * std::exp2(distance / -256.)))
        << distance;
  }
  EXPECT_EQ(Decay(1 << 16, 256), 1u << 15);
  EXPECT_EQ(Decay(1 << 16, 16 * 256), 1u);
  EXPECT_EQ(Decay(1 << 16, 17 * 256), 0u);  // 0.5, a tie
  EXPECT_EQ(Decay(UINT32_MAX, 65535), 0u);
}

TEST(LutSoftmaxTest, KnowsTheSimpleCases) {
  EXPECT_EQ(Softmax({-300}), std::vector<uint16_t>({65535}));
  EXPECT_EQ(Softmax({7, 7, 7, 7}), std::vector<uint16_t>(4, 16384));
  // 2 : 1, whichever comes first.
  EXPECT_EQ(Softmax({256, 0}), std::vector<uint16_t>({43691, 21845}));
  EXPECT_EQ(Softmax({0, 256}), std::vector<uint16_t>({21845, 43691}));
  EXPECT_EQ(Softmax({-32768, 32767}), std::vector<uint16_t>({0, 65535}));
}

double WorstError(const std::vector<int16_t>& scores) {
  const std::vector<double> exact = Exact(scores);
  const std::vector<uint16_t> p = Softmax(scores);
  double worst = 0;
  for (size_t j = 0; j < p.size(); ++j) {
    worst = std::max(worst, std::abs(p[j] / 65536. - exact[j]));
  }
  return worst;
}

double Bound(size_t scores) { return 0x1p-15 + scores * 0x1p-16; }

TEST(LutSoftmaxTest, StaysNearTheRealSoftmax) {
  for (const int size : {2, 16, 128, 1000, 8000}) {
    for (const int spread : {64, 1024, 8192}) {
      for (uint32_t seed = 0; seed < 20; ++seed) {
        // Roundings of both signs cancel: far below the bound.
        EXPECT_LE(WorstError(RandomScores(size, spread, seed)), 0x1p-15)
            << size << " scores, +-" << spread;
      }
    }
  }
}

TEST(LutSoftmaxTest, SurvivesEveryKeyBeingTheNewMaximum) {
  std::vector<int16_t> rising(4000);
  for (size_t j = 0; j < rising.size(); ++j)
    rising[j] = static_cast<int16_t>(j);
  EXPECT_LE(WorstError(rising), Bound(rising.size()));
}

TEST(LutSoftmaxTest, LosesALongTailOfTermsBelowItsLastPlace) {
  std::vector<int16_t> tail(8000, -17 * 256);
  tail[0] = 0;
  EXPECT_EQ(Softmax(tail)[0], 65535);
  EXPECT_NEAR(Exact(tail)[0], 0.942, 0.001);
  EXPECT_LE(WorstError(tail), Bound(tail.size()));
}

TEST(LutSoftmaxTest, Log2ScoresSaturate) {
  EXPECT_EQ(Log2Score(1000, {1, 2}), 250);
  EXPECT_EQ(Log2Score(1 << 20, {1, 0}), INT16_MAX);
  EXPECT_EQ(Log2Score(-(1 << 20), {1, 0}), INT16_MIN);
}

}  // namespace
}  // namespace mj
