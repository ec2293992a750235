#include "engine/speculate/frequent_tokens.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

using Ids = std::vector<int32_t>;

struct Case {
  const char* name;
  Ids text;
  int count;
  Ids want;
};

const Case kCases[] = {
    {"TheMostFrequentByAscendingId", {7, 3, 3, 7, 7, 1}, 2, {3, 7}},
    {"EquallyFrequentByAscendingId", {5, 4, 6}, 2, {4, 5}},
    {"FilledWithTheFirstThatTheTextLacks", {6}, 3, {0, 1, 6}},
    {"NoMoreThanThereAre", {2}, 100, {0, 1, 2, 3, 4, 5, 6, 7}},
    {"NoText", {}, 2, {0, 1}},
};

class FrequentTokensTest : public testing::TestWithParam<Case> {};

TEST_P(FrequentTokensTest, Chooses) {
  EXPECT_EQ(FrequentTokens(GetParam().text, 8, GetParam().count),
            GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Cases, FrequentTokensTest, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace mj
