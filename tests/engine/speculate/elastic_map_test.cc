#include "engine/speculate/elastic_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "engine/speculate/ridge.h"

namespace mj {
namespace {

constexpr int kInputs = 16, kOutputs = 8;

// A domain: how large each input is, and the map that its targets follow.
struct Domain {
  std::vector<float> scales, weights;

  void Draw(std::mt19937& random, std::vector<float>& x,
            std::vector<float>& y) const {
    std::normal_distribution<float> normal;
    x.resize(kInputs);
    y.assign(kOutputs, 0);
    for (int j = 0; j < kInputs; ++j) x[j] = scales[j] * normal(random);
    for (int i = 0; i < kOutputs; ++i) {
      for (int j = 0; j < kInputs; ++j) y[i] += weights[i * kInputs + j] * x[j];
      y[i] += 0.1f * normal(random);
    }
  }
};

// Both use all inputs; what one hardly uses is the other's most.
Domain OldDomain(std::mt19937& random) {
  std::normal_distribution<float> normal;
  Domain domain;
  for (int j = 0; j < kInputs; ++j) {
    domain.scales.push_back(j < kInputs / 2 ? 1.0f : 0.05f);
  }
  for (int i = 0; i < kInputs * kOutputs; ++i) {
    domain.weights.push_back(normal(random));
  }
  return domain;
}

Domain NewDomain(const Domain& old, std::mt19937& random) {
  std::normal_distribution<float> normal;
  Domain domain = old;
  for (int j = 0; j < kInputs; ++j) {
    domain.scales[j] = j < kInputs / 2 ? 0.3f : 1.0f;
  }
  for (float& weight : domain.weights) weight += normal(random);
  return domain;
}

std::shared_ptr<const LinearMap> Train(const Domain& domain,
                                       std::mt19937& random) {
  Ridge ridge(kInputs, kOutputs);
  std::vector<float> x, y;
  for (int r = 0; r < 2000; ++r) {
    domain.Draw(random, x, y);
    ridge.Add(x, y);
  }
  return std::make_shared<const LinearMap>(*ridge.Solve(1e-6));
}

double ErrorOn(const Domain& domain, const ElasticMap& map) {
  std::mt19937 random(99);
  std::vector<float> x, y, z(kOutputs);
  double sum = 0;
  constexpr int kRows = 500;
  for (int r = 0; r < kRows; ++r) {
    domain.Draw(random, x, y);
    map.Map(x, z);
    for (int i = 0; i < kOutputs; ++i) sum += (y[i] - z[i]) * (y[i] - z[i]);
  }
  return sum / kRows / kOutputs;
}

void Follow(const Domain& domain, ElasticMap& map) {
  std::mt19937 random(7);
  std::vector<float> x, y;
  for (int r = 0; r < 3000; ++r) {
    domain.Draw(random, x, y);
    map.Update(x, y);
  }
}

TEST(ElasticMapTest, LearnsTheNewDomainAndForgetsLittleOfTheOld) {
  std::mt19937 random(3);
  const Domain old_domain = OldDomain(random);
  const Domain new_domain = NewDomain(old_domain, random);
  const auto trained = Train(old_domain, random);
  ElasticMap plain(trained, {.rate = 0.1, .strength = 0});
  ElasticMap elastic(trained, {.rate = 0.1, .strength = 1});
  const double old_before = ErrorOn(old_domain, elastic);
  const double new_before = ErrorOn(new_domain, elastic);
  Follow(new_domain, plain);
  Follow(new_domain, elastic);
  const double forgotten = ErrorOn(old_domain, elastic) - old_before;
  const double forgotten_plain = ErrorOn(old_domain, plain) - old_before;
  EXPECT_LT(ErrorOn(new_domain, elastic), new_before / 3);
  EXPECT_GT(forgotten_plain, 1);
  EXPECT_LT(forgotten, forgotten_plain / 3);
  RecordProperty("new_before", std::to_string(new_before));
  RecordProperty("new_after", std::to_string(ErrorOn(new_domain, elastic)));
  RecordProperty("new_after_plain", std::to_string(ErrorOn(new_domain, plain)));
  RecordProperty("forgotten", std::to_string(forgotten));
  RecordProperty("forgotten_plain", std::to_string(forgotten_plain));
}

TEST(ElasticMapTest, TenantsShareTheTrainedMapAndNothingElse) {
  std::mt19937 random(3);
  const Domain domain = OldDomain(random);
  const auto trained = Train(domain, random);
  ElasticMap first(trained, {}), second(trained, {});
  Follow(NewDomain(domain, random), first);
  std::vector<float> x(kInputs, 0.5f), a(kOutputs), b(kOutputs);
  first.Map(x, a);
  second.Map(x, b);
  EXPECT_NE(a, b);
  for (int i = 0; i < kOutputs; ++i) {
    float want = trained->bias[i];
    for (int j = 0; j < kInputs; ++j) {
      want += trained->weights[i * kInputs + j] * x[j];
    }
    EXPECT_NEAR(b[i], want, 1e-5);
  }
}

TEST(ElasticMapTest, GoesOnFromWhatItLearned) {
  std::mt19937 random(3);
  const Domain domain = OldDomain(random);
  const Domain other = NewDomain(domain, random);
  const auto trained = Train(domain, random);
  ElasticMap map(trained, {});
  Follow(other, map);
  ElasticMap copy(trained, {}, map.learned());
  EXPECT_EQ(copy.learned().updates, 3000);
  Follow(other, map);
  Follow(other, copy);
  EXPECT_EQ(copy.learned().moved, map.learned().moved);
  EXPECT_EQ(copy.learned().bias, map.learned().bias);
}

// What a drafter adds to the trained map's product is what this map adds.
TEST(ElasticMapTest, WhatItMovedIsWhatItAdds) {
  std::mt19937 random(3);
  const Domain domain = OldDomain(random);
  const auto trained = Train(domain, random);
  ElasticMap map(trained, {}), fresh(trained, {});
  std::vector<float> x(kInputs, 0.5f), z(kOutputs, 7.0f), want(kOutputs);
  map.AddMoved(x, z);
  EXPECT_EQ(z, std::vector<float>(kOutputs, 7.0f));
  Follow(NewDomain(domain, random), map);
  fresh.Map(x, z);
  map.AddMoved(x, z);
  map.Map(x, want);
  for (int i = 0; i < kOutputs; ++i) EXPECT_NEAR(z[i], want[i], 1e-5);
}

TEST(ElasticMapTest, StaysStableWithAnyStrengthAndScale) {
  std::mt19937 random(3);
  const Domain domain = OldDomain(random);
  const auto trained = Train(domain, random);
  for (const double strength : {0.0, 1.0, 1e6}) {
    Domain loud = NewDomain(domain, random);
    for (float& scale : loud.scales) scale *= 1000;
    ElasticMap map(trained, {.rate = 1.9, .strength = strength});
    Follow(loud, map);
    EXPECT_TRUE(std::isfinite(ErrorOn(domain, map))) << strength;
  }
}

TEST(ElasticMapTest, RowsThatAreNotFiniteChangeNothing) {
  std::mt19937 random(3);
  const Domain domain = OldDomain(random);
  ElasticMap map(Train(domain, random), {});
  const double before = ErrorOn(domain, map);
  std::vector<float> x(kInputs, 1.0f), y(kOutputs, 1.0f);
  x[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(map.Update(x, y));
  x[3] = 1;
  y[2] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(map.Update(x, y));
  EXPECT_EQ(ErrorOn(domain, map), before);
  EXPECT_EQ(map.learned().updates, 0);
}

TEST(DivideByRmsTest, LeavesAMeanSquareOfOne) {
  std::vector<float> x = {3, -4, 0, 0, 0};
  DivideByRms(0, x);
  const float rms = std::sqrt(5.0f);
  EXPECT_NEAR(x[0], 3 / rms, 1e-6);
  EXPECT_NEAR(x[1], -4 / rms, 1e-6);
  EXPECT_EQ(x[2], 0);
}

}  // namespace
}  // namespace mj
