// Drives gemv_lane units, alone or behind a memory port of others.
#ifndef MILLIJOULE_TESTS_HW_BACKENDS_RTL_LANE_BENCH_H_
#define MILLIJOULE_TESTS_HW_BACKENDS_RTL_LANE_BENCH_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "hw_backends/fpga/gemv_lane.h"
#include "hw_backends/models/gemv_lanes.h"
#include "hw_backends/models/unit_depths.h"
#include "tests/hw_backends/rtl/bench.h"

namespace mj {

inline constexpr int kGroup = 32, kShift = 33;

template <typename M, int PK, int PN>
struct Lanes {
  using Model = M;
  static constexpr int kInputs = PK, kOutputs = PN;
  static constexpr GemvLanes kLanes{PK, PN, kGemvLaneDepth};
};

// y = x w^T, random, with a multiplier for each output and group of inputs.
struct GroupedProduct {
  GemmShape gemm;
  int64_t groups;
  std::vector<int8_t> x, w;          // [m, k], [n, k]
  std::vector<int32_t> multipliers;  // [n, groups]

  explicit GroupedProduct(GemmShape shape)
      : gemm(shape),
        groups(CeilDiv(shape.k, kGroup)),
        x(RandomIntegers(shape.m * shape.k, 8, 1)),
        w(RandomIntegers(shape.n * shape.k, 8, 2)) {
    std::mt19937 random(3);
    for (int64_t i = 0; i < gemm.n * groups; ++i) {
      multipliers.push_back(static_cast<int32_t>(random()));
    }
    multipliers[0] = INT32_MAX;
  }
  std::vector<int32_t> Want(int shift) const {
    std::vector<int32_t> y;
    for (int64_t m = 0; m < gemm.m; ++m) {
      for (int64_t n = 0; n < gemm.n; ++n) {
        y.push_back(GroupedDot(
            std::span(x).subspan(m * gemm.k, gemm.k),
            std::span(w).subspan(n * gemm.k, gemm.k), kGroup,
            std::span(multipliers).subspan(n * groups, groups), shift));
      }
    }
    return y;
  }
};

template <typename L>
class LaneBench {
 public:
  explicit LaneBench(const GroupedProduct& product, int shift = kShift)
      : product_(product),
        beats_per_row_(CeilDiv(product.gemm.k, L::kInputs)),
        rows_(CeilDiv(product.gemm.n, L::kOutputs)),
        y_(product.gemm.m * product.gemm.n) {
    unit_->shift = shift;
    FillInputs();
  }

  // `memory` brings weights, `reader` takes outputs.
  void Run(const Port& memory, const Port& reader) {
    bool held = false;  // offered and not taken yet
    int64_t moves = 0;
    // A unit that loses an output would never finish.
    while (!finished() && cycles_ < 100 * beats() + 100) {
      held = held || (more() && memory(moves));
      if (!Step(held, reader(cycles_))) continue;
      held = false;
      ++moves;
    }
  }

  // One cycle, in which the memory offers the next beat or nothing and the
  // reader is ready or not. Whether the unit moved.
  bool Step(bool offered, bool reader) {
    unit_->k_valid = offered;
    unit_->y_ready = reader;
    Drive(more() ? beat_ : 0);
    unit_.Settle();
    const bool moves = unit_->k_ready;
    EXPECT_EQ(moves, reader || !unit_->y_valid);
    if (unit_->y_valid && reader) Collect(output_++);
    if (!moves) ++frozen_;
    if (moves && more() && !offered) ++withheld_;
    unit_.Tick();
    ++cycles_;
    if (moves && offered) ++beat_;
    return moves;
  }

  int64_t beats() const { return outputs() * beats_per_row_; }
  bool more() const { return beat_ < beats(); }
  bool finished() const { return output_ == outputs(); }
  const std::vector<int32_t>& y() const { return y_; }
  // To the last output; in one more it is taken.
  int64_t cycles() const { return cycles_ - 1; }
  int64_t withheld() const { return withheld_; }  // by the memory
  int64_t frozen() const { return frozen_; }      // by the reader

 private:
  int64_t outputs() const { return product_.gemm.m * rows_; }

  void FillInputs() {
    const GemmShape& gemm = product_.gemm;
    unit_->x_we = 1;
    for (int64_t a = 0; a < gemm.m * beats_per_row_; ++a) {
      unit_->x_addr = a;
      for (int i = 0; i < L::kInputs; ++i) {
        const int64_t k = a % beats_per_row_ * L::kInputs + i;
        unit_->x_in[i] =
            k < gemm.k ? product_.x[a / beats_per_row_ * gemm.k + k] : 0;
      }
      unit_.Tick();
    }
    unit_->x_we = 0;
  }

  void Drive(int64_t beat) {
    const int64_t b = beat % beats_per_row_;
    const int64_t row = beat / beats_per_row_ % rows_;
    const int64_t m = beat / beats_per_row_ / rows_;
    unit_->k_addr = m * beats_per_row_ + b;
    unit_->k_row = b + 1 == beats_per_row_;
    unit_->k_group = unit_->k_row || (b + 1) % (kGroup / L::kInputs) == 0;
    for (int lane = 0; lane < L::kOutputs; ++lane) {
      DriveLane(lane, row * L::kOutputs + lane, b * L::kInputs);
    }
  }

  void DriveLane(int lane, int64_t n, int64_t k0) {
    const GemmShape& gemm = product_.gemm;
    unit_->mult[lane] =
        n < gemm.n ? product_.multipliers[n * product_.groups + k0 / kGroup]
                   : 0;
    for (int i = 0; i < L::kInputs; ++i) {
      const bool inside = n < gemm.n && k0 + i < gemm.k;
      unit_->w[lane][i] = inside ? product_.w[n * gemm.k + k0 + i] : 0;
    }
  }

  void Collect(int64_t output) {
    const int64_t m = output / rows_, n0 = output % rows_ * L::kOutputs;
    for (int lane = 0; lane < L::kOutputs; ++lane) {
      if (n0 + lane >= product_.gemm.n) continue;
      y_[m * product_.gemm.n + n0 + lane] =
          static_cast<int32_t>(unit_->y[lane]);
    }
  }

  const GroupedProduct& product_;
  Clocked<typename L::Model> unit_;
  int64_t beats_per_row_, rows_;
  std::vector<int32_t> y_;
  int64_t beat_ = 0, output_ = 0;
  int64_t cycles_ = 0, withheld_ = 0, frozen_ = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_HW_BACKENDS_RTL_LANE_BENCH_H_
