#include "hw_backends/models/near_memory.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

TEST(NearMemoryTest, AllBanksOpenARowACycle) {
  EXPECT_DOUBLE_EQ(BankBandwidth(256, 1024, Seconds(32e-9)), 8.192e12);
}

}  // namespace
}  // namespace mj
