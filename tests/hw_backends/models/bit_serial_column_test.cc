#include "hw_backends/models/bit_serial_column.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

TEST(BitSerialColumnTest, InputsPassBitByBit) {
  EXPECT_EQ(BitSerialFoldCycles(10, 8, 1, 0), 80);
  EXPECT_EQ(BitSerialFoldCycles(10, 8, 2, 3), 43);
  EXPECT_EQ(BitSerialFoldCycles(10, 7, 2, 0), 40);
}

TEST(BitSerialColumnTest, AccumulatorHoldsEverySum) {
  EXPECT_EQ(CeilLog2(1), 0);
  EXPECT_EQ(CeilLog2(128), 7);
  EXPECT_EQ(CeilLog2(129), 8);
  EXPECT_EQ(AccumulatorBits(8, 8, 128), 23);
  EXPECT_EQ(AccumulatorBits(8, 4, 1), 12);
}

}  // namespace
}  // namespace mj
