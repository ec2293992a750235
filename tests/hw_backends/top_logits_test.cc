#include "hw_backends/top_logits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <string>

namespace mj {
namespace {

enum class Shape { kRandom, kTies, kFlat, kAscending, kHoles, kNaNs };
constexpr Shape kShapes[] = {Shape::kRandom,    Shape::kTies,  Shape::kFlat,
                             Shape::kAscending, Shape::kHoles, Shape::kNaNs};

std::vector<float> MakeRow(Shape shape, int size, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 3);
  std::vector<float> row(size);
  for (int i = 0; i < size; ++i) {
    row[i] = normal(random);
    if (shape == Shape::kTies) row[i] = std::round(row[i]);
    if (shape == Shape::kFlat) row[i] = i % 2 == 0 ? 0.0f : -0.0f;
    if (shape == Shape::kAscending) row[i] = static_cast<float>(i);
    if (shape == Shape::kHoles && i % 3 != 1) row[i] = -INFINITY;
    if (shape == Shape::kNaNs && i % 100 == 7) row[i] = NAN;
  }
  return row;
}

// Everything sorted, NaNs first.
std::vector<TokenLogit> Sorted(const std::vector<float>& row) {
  std::vector<TokenLogit> all;
  for (bool numbers : {false, true}) {
    std::vector<TokenLogit> some;
    for (size_t i = 0; i < row.size(); ++i) {
      if (std::isnan(row[i]) == numbers) continue;
      some.push_back({row[i], static_cast<int32_t>(i)});
    }
    std::stable_sort(some.begin(), some.end(),
                     [](const TokenLogit& a, const TokenLogit& b) {
                       return a.logit > b.logit;
                     });
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

// Bit for bit.
bool Same(const std::vector<TokenLogit>& a, std::vector<TokenLogit> b,
          int count) {
  b.resize(std::min<size_t>(b.size(), count));
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), a.size() * sizeof(TokenLogit)) == 0;
}

TEST(TopLogitsTest, AreTheFirstOfTheSortedRow) {
  for (Shape shape : kShapes) {
    for (int size : {1, 2, 31, 32, 33, 64, 100, 1000}) {
      const std::vector<float> row = MakeRow(shape, size, size);
      const std::vector<TokenLogit> sorted = Sorted(row);
      for (int count : {1, 2, 20, 64}) {
        EXPECT_TRUE(Same(TopOf(row, count), sorted, count))
            << static_cast<int>(shape) << " " << size << " " << count;
      }
    }
  }
}

// As threads find them: parts in any order, lists merged at the end.
TEST(TopLogitsTest, AreTheSameFromPartsInAnyOrder) {
  std::mt19937 random(5);
  for (Shape shape : kShapes) {
    const std::vector<float> row = MakeRow(shape, 1000, 9);
    const std::vector<TokenLogit> sorted = Sorted(row);
    for (int part : {1, 16, 48, 500}) {
      std::vector<int> starts;
      for (int at = 0; at < 1000; at += part) starts.push_back(at);
      std::shuffle(starts.begin(), starts.end(), random);
      TopLogits lists[2];
      for (TopLogits& list : lists) list.Reset(10);
      for (int at : starts) {
        const int size = std::min(part, 1000 - at);
        lists[random() % 2].Add(std::span(row).subspan(at, size), at);
      }
      for (const TokenLogit& token : lists[1].sorted()) lists[0].Add(token);
      EXPECT_TRUE(Same(lists[0].sorted(), sorted, 10))
          << static_cast<int>(shape) << " " << part;
    }
  }
}

TEST(TopLogitsTest, ResetForgets) {
  TopLogits list;
  list.Reset(2);
  list.Add(std::vector<float>{9, 8, 7}, 0);
  list.Reset(3);
  EXPECT_TRUE(list.sorted().empty());
  list.Add(std::vector<float>{1, 2}, 40);
  ASSERT_EQ(list.sorted().size(), 2u);
  EXPECT_EQ(list.sorted()[0].id, 41);
  EXPECT_EQ(list.sorted()[1].id, 40);
}

}  // namespace
}  // namespace mj
