// hw_backends/rtl/ws_array.sv against hw_backends/models/systolic_array.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "WsArray16x16.h"
#include "WsArray4x12.h"
#include "WsArray8x8.h"
#include "tests/hw_backends/rtl/array_bench.h"

namespace mj {
namespace {

// Runs folds one after another.
template <typename A>
class ArrayBench {
 public:
  explicit ArrayBench(const Product& product)
      : rows_(product.gemm.m), ports_(product) {}

  // `port` brings R rows of weights, then M vectors.
  void RunFold(Fold fold, const Port& port) {
    std::fill_n(arrived_, A::kCols, 0);
    int64_t beat = 0;
    for (int64_t cycle = 0; arrived_[A::kCols - 1] < rows_; ++cycle) {
      const bool last = beat == A::kRows + rows_;
      const bool open = !last && port(cycle);
      if (!last && !open) ++withheld_;
      const bool weights = beat < A::kRows;
      ports_.DriveWeights(fold, open && weights ? beat : -1);
      ports_.DriveVector(fold, open && !weights ? beat - A::kRows : -1);
      ports_.Tick();
      for (int c = 0; c < A::kCols; ++c) {
        if (ports_.has_output(c)) ports_.Add(fold, c, arrived_[c]++);
      }
      if (open) ++beat;
    }
  }

  const std::vector<int32_t>& y() const { return ports_.y(); }
  // Of the last cycle, counted from 0 as the law does.
  int64_t last_cycle() const { return ports_.cycles() - 1; }
  int64_t withheld() const { return withheld_; }

 private:
  const int64_t rows_;
  ArrayPorts<A> ports_;
  int64_t arrived_[A::kCols];
  int64_t withheld_ = 0;
};

template <typename A>
void RunFolds(ArrayBench<A>& bench, const Port& port, GemmShape gemm) {
  for (const Fold fold : FoldsOf<A>(gemm)) bench.RunFold(fold, port);
}

template <typename A>
int64_t Law(GemmShape gemm) {
  return SystolicCycles(Dataflow::kWeightStationary, A::kShape, gemm);
}

template <typename A>
class WsArrayTest : public testing::Test {};
using Arrays =
    testing::Types<Array<WsArray8x8, 8, 8>, Array<WsArray16x16, 16, 16>,
                   Array<WsArray4x12, 4, 12>>;
TYPED_TEST_SUITE(WsArrayTest, Arrays);

TYPED_TEST(WsArrayTest, TakesTheLawsCyclesAndIsExact) {
  using A = TypeParam;
  for (const GemmShape gemm : kArrayGemms) {
    const Product product(gemm);
    const int64_t folds =
        SystolicFolds(Dataflow::kWeightStationary, A::kShape, gemm);
    for (const PortDuty duty : kDuties) {
      SCOPED_TRACE(testing::Message()
                   << gemm.m << " x " << gemm.n << " x " << gemm.k << ", open "
                   << duty.open << "/" << duty.period);
      ArrayBench<A> bench(product);
      RunFolds(bench, Regular(duty), gemm);
      EXPECT_EQ(bench.last_cycle(),
                Law<A>(gemm) + folds * Stalls(duty, A::kRows + gemm.m));
      EXPECT_EQ(bench.y(), product.Want());
    }
  }
}

TYPED_TEST(WsArrayTest, IrregularBubblesAddThemselves) {
  const GemmShape gemm{20, 30, 50};
  const Product product(gemm);
  ArrayBench<TypeParam> bench(product);
  RunFolds(bench, Irregular(3), gemm);
  EXPECT_GT(bench.withheld(), 0);
  EXPECT_EQ(bench.last_cycle(), Law<TypeParam>(gemm) + bench.withheld());
  EXPECT_EQ(bench.y(), product.Want());
}

}  // namespace
}  // namespace mj
