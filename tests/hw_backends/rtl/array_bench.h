// What the benches of ws_array.sv share: products, and what leaves the array,
// added up outside.
#ifndef MILLIJOULE_TESTS_HW_BACKENDS_RTL_ARRAY_BENCH_H_
#define MILLIJOULE_TESTS_HW_BACKENDS_RTL_ARRAY_BENCH_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "hw_backends/models/systolic_array.h"
#include "tests/hw_backends/rtl/bench.h"

namespace mj {

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
    return m < gemm.m && k < gemm.k ? x[m * gemm.k + k] : 0;
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

// The part of a product that an array does at once.
struct Fold {
  int64_t k = 0, n = 0;  // its first input and output
};

template <typename A>
std::vector<Fold> FoldsOf(GemmShape gemm) {
  std::vector<Fold> folds;
  for (int64_t n = 0; n < gemm.n; n += A::kCols) {
    for (int64_t k = 0; k < gemm.k; k += A::kRows) folds.push_back({k, n});
  }
  return folds;
}

// An array's ports: `beat` counts from 0 in a fold, -1 is none. What is not
// driven is noise.
template <typename A>
class ArrayPorts {
 public:
  explicit ArrayPorts(const Product& product)
      : product_(product), y_(product.gemm.m * product.gemm.n) {}

  void DriveWeights(Fold fold, int64_t beat) {
    unit_->w_load = beat >= 0;
    for (int c = 0; c < A::kCols; ++c) {
      const int64_t row = fold.k + A::kRows - 1 - beat;
      unit_->w_in[c] = beat >= 0 ? product_.W(row, fold.n + c) : 0x55;
    }
  }
  void DriveVector(Fold fold, int64_t beat) {
    unit_->a_valid = beat >= 0;
    unit_->a_first = beat == 0;
    for (int r = 0; r < A::kRows; ++r) {
      unit_->a_in[r] = beat >= 0 ? product_.X(beat, fold.k + r) : 0x55;
    }
  }
  void Tick() { unit_.Tick(); }

  // Column c's output, the m-th of the fold, if there is one.
  bool has_output(int c) { return unit_->y_valid[c]; }
  void Add(Fold fold, int c, int64_t m) {
    if (fold.n + c >= product_.gemm.n || m >= product_.gemm.m) return;
    y_[m * product_.gemm.n + fold.n + c] += static_cast<int32_t>(unit_->y[c]);
  }

  const std::vector<int32_t>& y() const { return y_; }
  int64_t cycles() const { return unit_.cycles(); }

 private:
  const Product& product_;
  Clocked<typename A::Model> unit_;
  std::vector<int32_t> y_;
};

inline constexpr GemmShape kArrayGemms[] = {
    {1, 1, 1},   {1, 8, 8},   {1, 40, 33}, {2, 7, 17},
    {3, 16, 16}, {16, 24, 9}, {64, 12, 4}, {100, 30, 50},
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_HW_BACKENDS_RTL_ARRAY_BENCH_H_
