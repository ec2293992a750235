#include "hw_backends/cim/cell_noise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "hw_backends/cim/cell_statistics.h"

namespace mj {
namespace {

constexpr int kCells = 200000;
constexpr double kDay = 86400;

// Means and deviations of 200,000 cells of aihwkit 1.2.0's models, reads
// included; both sides are samples, so errors add.
struct Reference {
  CellKind kind;
  float target;
  double seconds, mean, deviation;
};
constexpr Reference kReferences[] = {
    {CellKind::kPcm, 1.0f, 0, .9999, .0561},
    {CellKind::kPcm, 1.0f, 3600, .7757, .0564},
    {CellKind::kPcm, 1.0f, kDay, .6651, .0607},
    {CellKind::kPcm, 1.0f, 30 * kDay, .5643, .0645},
    {CellKind::kPcm, 0.5f, 0, .4999, .0478},
    {CellKind::kPcm, 0.5f, 3600, .3879, .0422},
    {CellKind::kPcm, 0.5f, kDay, .3326, .0410},
    {CellKind::kPcm, 0.5f, 30 * kDay, .2821, .0402},
    {CellKind::kPcm, 0.1f, 0, .1000, .0243},
    {CellKind::kPcm, 0.1f, 3600, .0737, .0211},
    {CellKind::kPcm, 0.1f, kDay, .0615, .0205},
    {CellKind::kPcm, 0.1f, 30 * kDay, .0510, .0201},
    {CellKind::kHermesPair, 1.0f, 0, .9999, .0756},
    {CellKind::kHermesPair, 1.0f, 3600, .9565, .0757},
    {CellKind::kHermesPair, 1.0f, kDay, .9063, .0774},
    {CellKind::kHermesPair, 1.0f, 30 * kDay, .8549, .0808},
    {CellKind::kHermesPair, 0.5f, 0, .5000, .0604},
    {CellKind::kHermesPair, 0.5f, 3600, .4327, .0546},
    {CellKind::kHermesPair, 0.5f, kDay, .3636, .0501},
    {CellKind::kHermesPair, 0.5f, 30 * kDay, .3008, .0467},
    {CellKind::kHermesSingle, 1.0f, 0, .9998, .1243},
    {CellKind::kHermesSingle, 1.0f, 3600, .9499, .1224},
    {CellKind::kHermesSingle, 1.0f, kDay, .9001, .1229},
    {CellKind::kHermesSingle, 1.0f, 30 * kDay, .8495, .1236}};

TEST(CellNoiseTest, StatisticsAreThoseOfTheReference) {
  for (const Reference& want : kReferences) {
    const auto [mean, deviation] = SampleCells(
        want.kind, want.target, Seconds(want.seconds), kCells, /*seed=*/7);
    // Three standard errors of a difference, and half of the last digit.
    const double error = 3 * std::sqrt(2.0 / kCells) * want.deviation;
    const std::string name(CellKindName(want.kind));
    EXPECT_NEAR(mean, want.mean, error + 5e-5)
        << name << " " << want.target << " after " << want.seconds << " s";
    EXPECT_NEAR(deviation, want.deviation, error / std::sqrt(2) + 5e-5)
        << name << " " << want.target << " after " << want.seconds << " s";
  }
}

struct Formula {
  CellKind kind;
  float target;
  double programming, drift_mean, drift_deviation;
};
// Of the reference, samples too.
constexpr Formula kFormulas[] = {
    {CellKind::kPcm, 1.0f, .0422, .0490, .0080},
    {CellKind::kPcm, 0.5f, .0381, .0490, .0080},
    {CellKind::kPcm, 0.1f, .0179, .0602, .0227},
    {CellKind::kHermesPair, 1.0f, .0528, .0174, .0048},
    {CellKind::kHermesPair, 0.5f, .0479, .0564, .0090},
    {CellKind::kHermesSingle, 1.0f, .0973, .0174, .0055}};

TEST(CellNoiseTest, FormulasHaveTheTabledValues) {
  for (const Formula& want : kFormulas) {
    EXPECT_NEAR(ProgrammingDeviation(want.kind, want.target), want.programming,
                2e-4);
    const DriftExponent nu = DriftExponentOf(want.kind, want.target);
    EXPECT_NEAR(nu.mean, want.drift_mean, 2e-4);
    EXPECT_NEAR(nu.deviation, want.drift_deviation, 2e-4);
  }
}

TEST(CellNoiseTest, AFreshReadIsThatOfAgeZero) {
  const CellsAt::Draws draws{0.5f, -1, 2};
  const CellsAt old(CellKind::kPcm, Seconds(kDay));
  const float fresh = CellsAt(CellKind::kPcm, Seconds(0)).Read(0.3f, draws).now;
  EXPECT_EQ(old.Read(0.3f, draws).fresh, fresh);
  EXPECT_LT(old.Read(0.3f, draws).now, fresh);
}

TEST(CellNoiseTest, IdealCellsHoldTheirTargetAtAnyAge) {
  const CellsAt cells(CellKind::kIdeal, Seconds(1e9));
  EXPECT_EQ(cells.Read(0.3f, {1, 1, 1}).now, 0.3f);
}

TEST(CellNoiseTest, NamesAreReadBack) {
  for (CellKind kind : {CellKind::kIdeal, CellKind::kPcm,
                        CellKind::kHermesSingle, CellKind::kHermesPair}) {
    EXPECT_EQ(ParseCellKind(CellKindName(kind)), kind);
  }
  EXPECT_EQ(ParseCellKind("reram"), std::nullopt);
}

}  // namespace
}  // namespace mj
