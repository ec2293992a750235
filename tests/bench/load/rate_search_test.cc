#include "bench/load/rate_search.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

// Searches with a server that holds up to `limit`; returns the rates tried.
int Search(RateSearch& search, double limit) {
  int tries = 0;
  while (const auto rate = search.Next()) {
    search.Tell(*rate <= limit);
    if (++tries > 100) break;
  }
  return tries;
}

TEST(RateSearchTest, FindsTheLimitToItsPrecision) {
  for (double limit : {1.0, 1.3, 7.0, 100.0, 999.0}) {
    RateSearch search(1, 1000, 0.05);
    EXPECT_LE(Search(search, limit), 20) << limit;
    ASSERT_TRUE(search.best() && search.too_much()) << limit;
    EXPECT_LE(*search.best(), limit);
    EXPECT_GT(*search.too_much(), limit);
    EXPECT_LE(*search.too_much(), 1.05 * *search.best() + 1e-9);
  }
}

TEST(RateSearchTest, GivesUpWhereTheLowestFails) {
  RateSearch search(1, 1000, 0.05);
  EXPECT_EQ(Search(search, 0.5), 1);
  EXPECT_FALSE(search.best().has_value());
  EXPECT_EQ(search.too_much(), 1);
}

TEST(RateSearchTest, EndsAtTheHighest) {
  RateSearch search(1, 10, 0.05);
  EXPECT_EQ(Search(search, 1e9), 5);  // 1, 2, 4, 8, 10
  EXPECT_EQ(search.best(), 10);
  EXPECT_FALSE(search.too_much().has_value());
}

TEST(RateSearchTest, OneRateIsTriedOnce) {
  RateSearch search(5, 5, 0.05);
  EXPECT_EQ(Search(search, 9), 1);
  EXPECT_EQ(search.best(), 5);
}

}  // namespace
}  // namespace mj
