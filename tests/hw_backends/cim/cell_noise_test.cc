#include "hw_backends/cim/cell_noise.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mj {
namespace {

constexpr int kCells = 200000;

// Means and deviations of 200,000 cells of aihwkit 1.2.0's PCM model, reads
// included; both sides are samples, so errors add.
struct Reference {
  float target;
  double seconds, mean, deviation;
};
constexpr Reference kReferences[] = {
    {1.0f, 0, .9999, .0561},     {1.0f, 3600, .7757, .0564},
    {1.0f, 86400, .6651, .0607}, {1.0f, 30 * 86400.0, .5643, .0645},
    {0.5f, 0, .4999, .0478},     {0.5f, 3600, .3879, .0422},
    {0.5f, 86400, .3326, .0410}, {0.5f, 30 * 86400.0, .2821, .0402},
    {0.1f, 0, .1000, .0243},     {0.1f, 3600, .0737, .0211},
    {0.1f, 86400, .0615, .0205}, {0.1f, 30 * 86400.0, .0510, .0201}};

TEST(CellNoiseTest, StatisticsAreThoseOfTheReference) {
  const NormalSource normal(7);
  for (const Reference& want : kReferences) {
    double sum = 0, squares = 0;
    for (int i = 0; i < kCells; ++i) {
      const float now = Drifted(want.target, want.seconds, normal.At(1, i, 0),
                                normal.At(1, i, 1));
      const double read = now + ReadDeviation(want.target, now, want.seconds) *
                                    normal.At(1, i, 2);
      sum += read;
      squares += read * read;
    }
    const double mean = sum / kCells;
    const double deviation = std::sqrt(squares / kCells - mean * mean);
    // Three standard errors of a difference, and half of the last digit.
    const double error = 3 * std::sqrt(2.0 / kCells) * want.deviation;
    EXPECT_NEAR(mean, want.mean, error + 5e-5)
        << want.target << " after " << want.seconds << " s";
    EXPECT_NEAR(deviation, want.deviation, error / std::sqrt(2) + 5e-5)
        << want.target << " after " << want.seconds << " s";
  }
}

TEST(CellNoiseTest, FormulasHaveTheTabledValues) {
  EXPECT_NEAR(ProgrammingDeviation(1.0f), .0422, 5e-5);
  EXPECT_NEAR(ProgrammingDeviation(0.5f), .0381, 5e-5);
  EXPECT_NEAR(ProgrammingDeviation(0.1f), .0179, 5e-5);
  EXPECT_NEAR(DriftExponentMean(0.1f), .0602, 2e-4);
  EXPECT_NEAR(DriftExponentDeviation(0.1f), .0227, 2e-4);
}

TEST(NormalSourceTest, DependsOnEveryCoordinateAndOnNothingElse) {
  const NormalSource normal(1);
  EXPECT_EQ(normal.At(2, 3, 4), NormalSource(1).At(2, 3, 4));
  EXPECT_NE(normal.At(2, 3, 4), NormalSource(2).At(2, 3, 4));
  EXPECT_NE(normal.At(2, 3, 4), normal.At(3, 3, 4));
  EXPECT_NE(normal.At(2, 3, 4), normal.At(2, 4, 4));
  EXPECT_NE(normal.At(2, 3, 4), normal.At(2, 3, 5));
}

}  // namespace
}  // namespace mj
