#include "engine/speculate/draft_head.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

// Two layers of 100 bytes, a head of 10 rows and 200 bytes, hidden size 5.
ModelShape MakeShape() {
  ModelShape shape{.hidden = 5, .vocab = 10};
  shape.layers.resize(2, {{1, 1, 40}, {1, 1, 30}, {1, 1, 20}, {1, 1, 10}, 0});
  shape.head = {10, 5, 200};
  return shape;
}

struct CostCase {
  const char* name;
  int layer, listed;
  double want;  // bytes, of 400; W in bfloat16 has 50
};

constexpr CostCase kCostCases[] = {
    {"one layer, the whole head", 1, 0, 350},
    {"one layer, two tokens", 1, 2, 190},
    {"all layers, all tokens listed", 2, 10, 450},
};

TEST(DraftCostTest, IsTheShareOfAStepsBytes) {
  for (const CostCase& c : kCostCases) {
    EXPECT_DOUBLE_EQ(DraftCost(MakeShape(), c.layer, c.listed), c.want / 400)
        << c.name;
  }
}

}  // namespace
}  // namespace mj
