// hw_backends/rtl/bitserial_cim.sv against hw_backends/models/
// bit_serial_column.h and hw_backends/cim/bit_serial.h.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "BitserialCim24x3.h"
#include "BitserialCim64x8.h"
#include "hw_backends/cim/bit_serial.h"
#include "hw_backends/models/bit_serial_column.h"
#include "hw_backends/models/unit_depths.h"
#include "tests/hw_backends/rtl/bench.h"

namespace mj {
namespace {

template <typename M, int R, int CW, int BW, int S>
struct Columns {
  using Model = M;
  static constexpr int kRows = R, kCols = CW, kWeightBits = BW, kStep = S;
};

// A tile of weights that fills at most the array, and vectors for it.
struct Fold {
  int vectors, rows, cols;
  std::vector<int8_t> x, w;  // [vectors, rows], [cols, rows]

  Fold(int m, int k, int n, int input_bits, int weight_bits)
      : vectors(m),
        rows(k),
        cols(n),
        x(RandomIntegers(m * k, input_bits, 1)),
        w(RandomIntegers(n * k, weight_bits, 2)) {}
  std::vector<int32_t> Want(BitStream stream) const {
    std::vector<int32_t> y;
    for (int m = 0; m < vectors; ++m) {
      for (int c = 0; c < cols; ++c) {
        y.push_back(BitSerialDot(std::span(x).subspan(m * rows, rows),
                                 std::span(w).subspan(c * rows, rows), stream));
      }
    }
    return y;
  }
  int64_t WantToggles(BitStream stream, int weight_bits) const {
    std::vector<int> ones(rows);
    for (int c = 0; c < cols; ++c) {
      for (int r = 0; r < rows; ++r) {
        ones[r] += std::popcount(
            static_cast<uint8_t>(w[c * rows + r] & ((1 << weight_bits) - 1)));
      }
    }
    return ProductToggles(x, ones, stream);
  }
};

template <typename U>
class ColumnBench {
 public:
  explicit ColumnBench(const Fold& fold) : fold_(fold) {
    unit_->w_we = 1;
    for (int r = 0; r < U::kRows; ++r) {
      unit_->w_row = r;
      for (int c = 0; c < U::kCols; ++c) {
        const bool inside = r < fold.rows && c < fold.cols;
        unit_->w_in[c] =
            inside ? fold.w[c * fold.rows + r] & ((1 << U::kWeightBits) - 1)
                   : 0;
      }
      unit_.Tick();
    }
    unit_->w_we = 0;
  }

  void Run(BitStream stream, const Port& port) {
    const int64_t before = unit_.cycles();
    const int64_t beats = int64_t{fold_.vectors} * stream.slices();
    int64_t beat = 0, outputs = 0;
    for (int64_t cycle = 0; outputs < fold_.vectors; ++cycle) {
      const bool more = beat < beats;
      unit_->x_valid = more && port(cycle);
      if (more && !unit_->x_valid) ++withheld_;
      if (unit_->x_valid) Drive(stream, beat++);
      unit_.Tick();
      if (unit_->y_valid) {
        ++outputs;
        for (int c = 0; c < fold_.cols; ++c) {
          y_.push_back(static_cast<int32_t>(unit_->y[c]));
        }
      }
    }
    cycles_ = unit_.cycles() - before;
  }

  const std::vector<int32_t>& y() const { return y_; }
  int64_t toggles() { return static_cast<int64_t>(unit_->act); }
  int64_t cycles() const { return cycles_; }
  int64_t withheld() const { return withheld_; }

 private:
  void Drive(BitStream stream, int64_t beat) {
    const int slice = static_cast<int>(beat % stream.slices());
    const int64_t m = beat / stream.slices();
    unit_->x_first = slice == 0;
    unit_->x_last = slice + 1 == stream.slices();
    for (int r = 0; r < U::kRows; ++r) {
      unit_->x_in[r] =
          r < fold_.rows ? stream.Slice(fold_.x[m * fold_.rows + r], slice) : 0;
    }
  }

  const Fold& fold_;
  Clocked<typename U::Model> unit_;
  std::vector<int32_t> y_;
  int64_t cycles_ = 0, withheld_ = 0;
};

template <typename U>
class BitserialCimTest : public testing::Test {};
using Units = testing::Types<Columns<BitserialCim64x8, 64, 8, 8, 1>,
                             Columns<BitserialCim24x3, 24, 3, 4, 3>>;
TYPED_TEST_SUITE(BitserialCimTest, Units);

TYPED_TEST(BitserialCimTest, TakesTheLawsCyclesAndIsExact) {
  using U = TypeParam;
  for (const int vectors : {1, 2, 17}) {
    for (const int rows : {1, U::kRows - 1, U::kRows}) {
      for (const int input_bits : {1, 4, 8}) {
        const Fold fold(vectors, rows, rows == 1 ? 1 : U::kCols, input_bits,
                        U::kWeightBits);
        const BitStream stream{input_bits, U::kStep};
        const int64_t law =
            BitSerialFoldCycles(vectors, input_bits, U::kStep, kBitSerialDepth);
        for (const PortDuty duty : kDuties) {
          SCOPED_TRACE(testing::Message()
                       << vectors << " vectors of " << rows << ", "
                       << input_bits << " bits, open " << duty.open << "/"
                       << duty.period);
          ColumnBench<U> bench(fold);
          bench.Run(stream, Regular(duty));
          EXPECT_EQ(bench.cycles(), law + Stalls(duty, law - kBitSerialDepth));
          EXPECT_EQ(bench.y(), fold.Want(stream));
          EXPECT_EQ(bench.toggles(), fold.WantToggles(stream, U::kWeightBits));
        }
      }
    }
  }
}

TYPED_TEST(BitserialCimTest, IrregularStallsAddThemselves) {
  using U = TypeParam;
  const Fold fold(20, U::kRows, U::kCols, 8, U::kWeightBits);
  const BitStream stream{8, U::kStep};
  ColumnBench<U> bench(fold);
  bench.Run(stream, Irregular(3));
  EXPECT_GT(bench.withheld(), 0);
  EXPECT_EQ(
      bench.cycles(),
      BitSerialFoldCycles(20, 8, U::kStep, kBitSerialDepth) + bench.withheld());
  EXPECT_EQ(bench.y(), fold.Want(stream));
  EXPECT_EQ(bench.toggles(), fold.WantToggles(stream, U::kWeightBits));
}

}  // namespace
}  // namespace mj
