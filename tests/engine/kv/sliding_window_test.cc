#include "engine/kv/sliding_window.h"

#include <vector>

#include "gtest/gtest.h"

namespace mj {
namespace {

constexpr int kSize = 32;

TEST(CommonWindowTest, IsOneOnlyWhereEveryLayerHasOne) {
  struct Case {
    const char* name;
    std::vector<int> windows;
    int want;
  };
  const Case kCases[] = {
      {"every layer", {8, 8, 8}, 8},
      {"the widest", {8, 16, 4}, 16},
      {"one attends to all", {8, 8, 0, 8}, 0},
      {"all do", {0, 0}, 0},
      {"no layers", {}, 0},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(CommonWindow(c.windows), c.want) << c.name;
  }
}

// Position by position: nothing is given back that a row will read, and what is
// kept is bounded.
TEST(FirstNeededTest, KeepsWhatIsReadAndNoMoreThanMostNeeded) {
  for (int window : {1, 8, 31, 32, 33, 64, 100, 4096}) {
    SCOPED_TRACE(window);
    int most = 0, before = 0;
    for (int computed = 0; computed < 3 * window + 200; ++computed) {
      const int first = FirstNeeded(computed, window, kSize);
      const int read = std::max(0, computed - window + 1);
      ASSERT_LE(first * kSize, read);
      ASSERT_GE(first, before) << "what is given back is gone";
      if (computed >= kSize) {
        ASSERT_LT(first, computed / kSize);
      }
      before = first;
      most = std::max(most, computed / kSize + 1 - first);
    }
    EXPECT_EQ(most, MostNeeded(window, kSize));
  }
}

}  // namespace
}  // namespace mj
