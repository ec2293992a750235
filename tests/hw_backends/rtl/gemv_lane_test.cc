// hw_backends/rtl/gemv_lane.sv against hw_backends/models/gemv_lanes.h and
// hw_backends/fpga/gemv_lane.h.
#include <gtest/gtest.h>

#include <cstdint>

#include "GemvLane32x3.h"
#include "GemvLane8x4.h"
#include "hw_backends/models/gemv_lanes.h"
#include "hw_backends/models/unit_depths.h"
#include "tests/hw_backends/rtl/bench.h"
#include "tests/hw_backends/rtl/lane_bench.h"

namespace mj {
namespace {

constexpr GemmShape kGemms[] = {
    {1, 1, 1},  {1, 4, 32}, {1, 7, 33},   {2, 3, 8},
    {3, 5, 40}, {4, 9, 64}, {1, 12, 576}, {1, 40, 100},
};
const Port kAlways = Regular({1, 1});

template <typename L>
class GemvLaneTest : public testing::Test {};
using Units =
    testing::Types<Lanes<GemvLane8x4, 8, 4>, Lanes<GemvLane32x3, 32, 3>>;
TYPED_TEST_SUITE(GemvLaneTest, Units);

TYPED_TEST(GemvLaneTest, TakesTheLawsCyclesAndIsExact) {
  for (const GemmShape gemm : kGemms) {
    const GroupedProduct product(gemm);
    const int64_t law = GemvCycles(TypeParam::kLanes, gemm);
    for (const PortDuty duty : kDuties) {
      SCOPED_TRACE(testing::Message()
                   << gemm.m << " x " << gemm.n << " x " << gemm.k << ", open "
                   << duty.open << "/" << duty.period);
      LaneBench<TypeParam> bench(product);
      bench.Run(Regular(duty), kAlways);
      EXPECT_EQ(bench.cycles(), law + Stalls(duty, law - kGemvLaneDepth));
      EXPECT_EQ(bench.y(), product.Want(kShift));
    }
  }
}

TYPED_TEST(GemvLaneTest, AReaderThatIsNotReadyFreezesAll) {
  for (const GemmShape gemm : kGemms) {
    const GroupedProduct product(gemm);
    LaneBench<TypeParam> bench(product);
    bench.Run(kAlways, Regular({1, 3}));
    EXPECT_EQ(bench.cycles(),
              GemvCycles(TypeParam::kLanes, gemm) + bench.frozen());
    EXPECT_EQ(bench.y(), product.Want(kShift));
  }
}

TYPED_TEST(GemvLaneTest, IrregularStallsOfBothSidesAddThemselves) {
  const GroupedProduct product({3, 20, 100});
  LaneBench<TypeParam> bench(product);
  bench.Run(Irregular(3), Irregular(4));
  EXPECT_GT(bench.withheld(), 0);
  EXPECT_GT(bench.frozen(), 0);
  EXPECT_EQ(bench.cycles(), GemvCycles(TypeParam::kLanes, product.gemm) +
                                bench.withheld() + bench.frozen());
  EXPECT_EQ(bench.y(), product.Want(kShift));
}

TYPED_TEST(GemvLaneTest, SaturatesAndRoundsAtEveryShift) {
  const GroupedProduct product({1, 6, 70});
  for (int shift = 0; shift <= 62; ++shift) {
    LaneBench<TypeParam> bench(product, shift);
    bench.Run(kAlways, kAlways);
    EXPECT_EQ(bench.y(), product.Want(shift)) << shift;
  }
}

}  // namespace
}  // namespace mj
