#include "engine/speculate/draft_value.h"

#include <gtest/gtest.h>

#include <string>

namespace mj {
namespace {

// '+' agrees, '-' does not; a space ends a text.
AgreementRuns RunsOf(const std::string& text) {
  AgreementRuns runs;
  for (char c : text) {
    if (c == ' ') {
      runs.EndText();
    } else {
      runs.Add(c == '+');
    }
  }
  runs.EndText();
  return runs;
}

struct Case {
  const char* name;
  const char* text;
  double agreement;
  double tokens_1, tokens_2;
  double cost;
  int drafts;
  double value;
};

constexpr Case kCases[] = {
    {"nothing", "", 0, 1, 1, 0.1, 0, 1},
    {"never", "----", 0, 1, 1, 0.1, 0, 1},
    {"always", "++++", 1, 2, 3, 0.5, 4, 5 / 3.0},
    {"always, for free", "++++", 1, 2, 3, 0, 4, 5},
    {"as dear as a step", "++++", 1, 2, 3, 1, 0, 1},
    // Starts are its first three positions: 2, 1 and 0 in a row agree.
    {"one run", "++----", 1 / 3.0, 5 / 3.0, 2, 0.1, 2, 2 / 1.2},
    // Half agree here, too, but no second draft has a chance.
    {"alternating", "+-+-+-+", 4 / 7.0, 1.5, 1.5, 0.3, 1, 1.5 / 1.3},
    {"texts do not run on", "++ ++ ++", 1, 1, 1, 0.1, 0, 1},
};

TEST(DraftValueTest, CountsRunsAndPicksTheBestNumber) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const AgreementRuns runs = RunsOf(c.text);
    EXPECT_DOUBLE_EQ(runs.agreement(), c.agreement);
    EXPECT_DOUBLE_EQ(runs.Tokens(1), c.tokens_1);
    EXPECT_DOUBLE_EQ(runs.Tokens(2), c.tokens_2);
    const DraftValue best = BestDrafts(runs, c.cost);
    EXPECT_EQ(best.drafts, c.drafts);
    EXPECT_DOUBLE_EQ(best.value, c.value);
  }
}

}  // namespace
}  // namespace mj
