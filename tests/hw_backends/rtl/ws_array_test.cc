// hw_backends/rtl/ws_array.sv against hw_backends/models/systolic_array.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "WsArray16x16.h"
#include "WsArray4x12.h"
#include "WsArray8x8.h"
#include "hw_backends/models/systolic_array.h"
#include "tests/hw_backends/rtl/bench.h"

namespace mj {
namespace {

template <typename M, int R, int C>
struct Array {
  using Model = M;
  static constexpr int kRows = R, kCols = C;
  static constexpr ArrayShape kShape{R, C};
};

struct Product {
  GemmShape gemm;
  std::vector<int8_t> x, w;  // [m, k], [k, n]

  explicit Product(GemmShape shape)
      : gemm(shape),
        x(RandomIntegers(shape.m * shape.k, 8, 1)),
        w(RandomIntegers(shape.k * shape.n, 8, 2)) {}
  // 0 outside the matrix: tiles are padded.
  int8_t X(int64_t m, int64_t k) const {
    return k < gemm.k ? x[m * gemm.k + k] : 0;
  }
  int8_t W(int64_t k, int64_t n) const {
    return k < gemm.k && n < gemm.n ? w[k * gemm.n + n] : 0;
  }
  std::vector<int32_t> Want() const {
    std::vector<int32_t> y(gemm.m * gemm.n);
    for (int64_t m = 0; m < gemm.m; ++m) {
      for (int64_t n = 0; n < gemm.n; ++n) {
        for (int64_t k = 0; k < gemm.k; ++k) {
          y[m * gemm.n + n] += X(m, k) * W(k, n);
        }
      }
    }
    return y;
  }
};

// Runs folds one after another; what leaves the array is added outside.
template <typename A>
class ArrayBench {
 public:
  explicit ArrayBench(const Product& product)
      : product_(product), y_(product.gemm.m * product.gemm.n) {}

  // `port` brings R rows of weights, then M vectors.
  void RunFold(int64_t k0, int64_t n0, const Port& port) {
    std::fill_n(arrived_, A::kCols, 0);
    int64_t beat = 0;
    for (int64_t cycle = 0; arrived_[A::kCols - 1] < product_.gemm.m; ++cycle) {
      const bool last = beat == A::kRows + product_.gemm.m;
      const bool open = !last && port(cycle);
      if (!last && !open) ++withheld_;
      Drive(k0, n0, beat, open);
      unit_.Tick();
      Collect(n0);
      if (open) ++beat;
    }
  }

  const std::vector<int32_t>& y() const { return y_; }
  // Of the last cycle, counted from 0 as the law does.
  int64_t last_cycle() const { return unit_.cycles() - 1; }
  int64_t withheld() const { return withheld_; }

 private:
  void Drive(int64_t k0, int64_t n0, int64_t beat, bool open) {
    unit_->w_load = open && beat < A::kRows;
    unit_->a_valid = open && beat >= A::kRows;
    for (int c = 0; c < A::kCols; ++c) {
      const int64_t row = k0 + A::kRows - 1 - beat;
      unit_->w_in[c] = unit_->w_load ? product_.W(row, n0 + c) : 0x55;
    }
    for (int r = 0; r < A::kRows; ++r) {
      unit_->a_in[r] =
          unit_->a_valid ? product_.X(beat - A::kRows, k0 + r) : 0x55;
    }
  }

  void Collect(int64_t n0) {
    for (int c = 0; c < A::kCols; ++c) {
      if (!unit_->y_valid[c]) continue;
      const int64_t m = arrived_[c]++;
      if (n0 + c >= product_.gemm.n) continue;
      y_[m * product_.gemm.n + n0 + c] += static_cast<int32_t>(unit_->y[c]);
    }
  }

  const Product& product_;
  Clocked<typename A::Model> unit_;
  std::vector<int32_t> y_;
  int64_t arrived_[A::kCols];
  int64_t withheld_ = 0;
};

template <typename A>
void RunFolds(ArrayBench<A>& bench, const Port& port, GemmShape gemm) {
  for (int64_t n0 = 0; n0 < gemm.n; n0 += A::kCols) {
    for (int64_t k0 = 0; k0 < gemm.k; k0 += A::kRows) {
      bench.RunFold(k0, n0, port);
    }
  }
}

template <typename A>
int64_t Law(GemmShape gemm) {
  return SystolicCycles(Dataflow::kWeightStationary, A::kShape, gemm);
}

constexpr GemmShape kGemms[] = {
    {1, 1, 1},   {1, 8, 8},   {1, 40, 33}, {2, 7, 17},
    {3, 16, 16}, {16, 24, 9}, {64, 12, 4}, {100, 30, 50},
};

template <typename A>
class WsArrayTest : public testing::Test {};
using Arrays =
    testing::Types<Array<WsArray8x8, 8, 8>, Array<WsArray16x16, 16, 16>,
                   Array<WsArray4x12, 4, 12>>;
TYPED_TEST_SUITE(WsArrayTest, Arrays);

TYPED_TEST(WsArrayTest, TakesTheLawsCyclesAndIsExact) {
  using A = TypeParam;
  for (const GemmShape gemm : kGemms) {
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
