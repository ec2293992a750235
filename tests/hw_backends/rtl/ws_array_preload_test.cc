// hw_backends/rtl/ws_array.sv with PRELOAD against PreloadedSystolicCycles of
// hw_backends/models/systolic_array.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "WsArrayPreload16x16.h"
#include "WsArrayPreload4x12.h"
#include "WsArrayPreload8x8.h"
#include "tests/hw_backends/rtl/array_bench.h"

namespace mj {
namespace {

constexpr int64_t kFewestRows = 4;  // of a tile, by the law

int64_t RowsOf(GemmShape gemm) { return std::max(gemm.m, kFewestRows); }

// Folds as the law has them: the first vector comes when all cells have their
// weights, and each fold's weights with the vectors of the one before.
template <typename A>
class PreloadBench {
 public:
  explicit PreloadBench(const Product& product)
      : rows_(RowsOf(product.gemm)),
        folds_(FoldsOf<A>(product.gemm)),
        ports_(product) {}

  // `port` brings each fold's vectors.
  void Run(const Port& port) {
    for (int i = 0; i < 2 * A::kRows - 1; ++i) {
      Cycle(folds_[0], i < A::kRows ? i : -1, {}, -1);
    }
    for (size_t i = 0; i < folds_.size(); ++i) RunFold(i, port);
    const auto all = static_cast<int64_t>(folds_.size()) * rows_;
    while (arrived_[A::kCols - 1] < all) Cycle({}, -1, {}, -1);
  }

  const std::vector<int32_t>& y() const { return ports_.y(); }
  int64_t cycles() const { return ports_.cycles(); }
  int64_t withheld() const { return withheld_; }

 private:
  void RunFold(size_t index, const Port& port) {
    const bool last = index + 1 == folds_.size();
    const Fold fold = folds_[index], next = last ? Fold{} : folds_[index + 1];
    int64_t vector = 0, row = last ? A::kRows : 0;
    for (int64_t cycle = 0; vector < rows_ || row < A::kRows; ++cycle) {
      const bool open = vector < rows_ && port(cycle);
      if (vector < rows_ && !open) ++withheld_;
      const bool loads = row < A::kRows && (open || vector > 0);
      Cycle(next, loads ? row : -1, fold, open ? vector : -1);
      if (loads) ++row;
      if (open) ++vector;
    }
  }

  void Cycle(Fold weights, int64_t row, Fold fold, int64_t vector) {
    ports_.DriveWeights(weights, row);
    ports_.DriveVector(fold, vector);
    ports_.Tick();
    for (int c = 0; c < A::kCols; ++c) {
      if (!ports_.has_output(c)) continue;
      const int64_t i = arrived_[c]++;
      ports_.Add(folds_[i / rows_], c, i % rows_);
    }
  }

  const int64_t rows_;
  const std::vector<Fold> folds_;
  ArrayPorts<A> ports_;
  int64_t arrived_[A::kCols] = {};
  int64_t withheld_ = 0;
};

// The law with a port that withholds: a fold's vectors take longer.
template <typename A>
int64_t LawWith(PortDuty duty, GemmShape gemm) {
  const int64_t beats = PortCycles(duty, RowsOf(gemm));
  const int64_t folds =
      SystolicFolds(Dataflow::kWeightStationary, A::kShape, gemm);
  return PreloadedSystolicCycles(A::kShape, gemm) +
         (folds - 1) * (std::max<int64_t>(beats, A::kRows) -
                        std::max<int64_t>(gemm.m, A::kRows)) +
         beats - RowsOf(gemm);
}

template <typename A>
class WsArrayPreloadTest : public testing::Test {};
using Arrays = testing::Types<Array<WsArrayPreload8x8, 8, 8>,
                              Array<WsArrayPreload16x16, 16, 16>,
                              Array<WsArrayPreload4x12, 4, 12>>;
TYPED_TEST_SUITE(WsArrayPreloadTest, Arrays);

TYPED_TEST(WsArrayPreloadTest, TakesTheLawsCyclesAndIsExact) {
  for (const GemmShape gemm : kArrayGemms) {
    const Product product(gemm);
    for (const PortDuty duty : kDuties) {
      SCOPED_TRACE(testing::Message()
                   << gemm.m << " x " << gemm.n << " x " << gemm.k << ", open "
                   << duty.open << "/" << duty.period);
      PreloadBench<TypeParam> bench(product);
      bench.Run(Regular(duty));
      EXPECT_EQ(bench.cycles(), LawWith<TypeParam>(duty, gemm));
      EXPECT_EQ(bench.y(), product.Want());
    }
  }
}

TYPED_TEST(WsArrayPreloadTest, IrregularBubblesAddThemselves) {
  const GemmShape gemm{20, 30, 50};  // more rows than a fold's weights
  const Product product(gemm);
  PreloadBench<TypeParam> bench(product);
  bench.Run(Irregular(3));
  EXPECT_GT(bench.withheld(), 0);
  EXPECT_EQ(bench.cycles(), PreloadedSystolicCycles(TypeParam::kShape, gemm) +
                                bench.withheld());
  EXPECT_EQ(bench.y(), product.Want());
}

}  // namespace
}  // namespace mj
