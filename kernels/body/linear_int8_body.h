// The body of LinearInt8 (kernels/linear_int8.h) over a vector type D with
// dot products of bytes:
//   D::Dot<kBits, kWords>(words, q, init): init + sum over 4 * kWords columns
//     of weight byte * q, per 32-bit lane; bytes are codes under 2^kBits, or
//     signed where kBits is 8.
#ifndef MILLIJOULE_KERNELS_BODY_LINEAR_INT8_BODY_H_
#define MILLIJOULE_KERNELS_BODY_LINEAR_INT8_BODY_H_

#include "kernels/body/finish_outputs.h"
#include "kernels/body/inline.h"
#include "kernels/body/weights.h"
#include "kernels/linear_int8.h"

namespace mj {
namespace {

template <class D, class W>
struct LinearInt8Body {
  using F = typename D::F;
  using I = typename D::I;
  static constexpr int kVecs = 16 / D::kLanes;  // a panel's 16 rows
  static constexpr int kSteps = 32 / W::kStep;
  static constexpr int kStepWords = W::kStep / 4;
  static constexpr int kMaxRows = 64;  // their sums: 4 KB of the first cache

  // One group of a panel, as many rows of it as a vector has lanes.
  struct Group {
    I words[8];
    F scales[kSteps];
    F min;
  };

  MJ_INLINE static void Load(const std::byte* codes, const std::byte* scales,
                             int first_row, Group& group) {
    Unroll<8>([&](auto j) MJ_LAMBDA {
      group.words[j.value] = D::template Operand<W::kBits>(
          W::template Bytes<D, j.value>(codes, first_row));
    });
    Unroll<kSteps>([&](auto s) MJ_LAMBDA {
      group.scales[s.value] = W::template Scale<D>(scales, s.value, first_row);
    });
    if constexpr (W::kHasMin) {
      group.min = W::template Scale<D>(scales, kSteps, first_row);
    }
  }

  MJ_INLINE static F AddRow(const Group& group, const Int8Rows& x, int64_t at,
                            F total) {
    constexpr int kZero = D::template ZeroOf<W::kBits>(W::kZero);
    const F x_scale = D::Set1(x.scales[at]);
    Unroll<kSteps>([&](auto s) MJ_LAMBDA {
      I start = D::SetInt(0);
      if constexpr (kZero != 0) {
        const int32_t sum = kSteps == 2 ? x.sums[2 * at + s.value]
                                        : x.sums[2 * at] + x.sums[2 * at + 1];
        start = D::SetInt(-kZero * sum);
      }
      const I dot = D::template Dot<W::kBits, kStepWords>(
          group.words + s.value * kStepWords,
          x.codes + 32 * at + s.value * W::kStep, start);
      total = D::Fma(D::ToFloat(dot), D::Mul(group.scales[s.value], x_scale),
                     total);
    });
    if constexpr (W::kHasMin) {
      total = D::Fma(group.min, D::Set1(x.totals[at]), total);
    }
    return total;
  }

  static void OneRow(const LinearInt8Args& args, const std::byte* panel,
                     float* acc) {
    const std::byte* codes = panel;
    const std::byte* scales = panel + args.groups * W::kCodeBytes;
    F total[kVecs];
    Unroll<kVecs>([&](auto v) MJ_LAMBDA { total[v.value] = D::Zero(); });
    for (int64_t g = 0; g < args.groups; ++g) {
      Unroll<kVecs>([&](auto v) MJ_LAMBDA {
        Group group;
        Load(codes, scales, v.value * D::kLanes, group);
        total[v.value] =
            AddRow(group, args.x, g * args.x.stride, total[v.value]);
      });
      codes += W::kCodeBytes;
      scales += W::kGroupScaleBytes;
    }
    Unroll<kVecs>([&](auto v) MJ_LAMBDA {
      D::Store(acc + v.value * D::kLanes, total[v.value]);
    });
  }

  // acc [rows][16]
  static void ManyRows(const LinearInt8Args& args, const std::byte* panel,
                       int64_t row, int rows, float* acc) {
    const std::byte* codes = panel;
    const std::byte* scales = panel + args.groups * W::kCodeBytes;
    for (int i = 0; i < 16 * rows; ++i) acc[i] = 0;
    for (int64_t g = 0; g < args.groups; ++g) {
      const int64_t at = g * args.x.stride + row;
      Unroll<kVecs>([&](auto v) MJ_LAMBDA {
        Group group;
        Load(codes, scales, v.value * D::kLanes, group);
        float* sums = acc + v.value * D::kLanes;
        for (int r = 0; r < rows; ++r, sums += 16) {
          D::Store(sums, AddRow(group, args.x, at + r, D::Load(sums)));
        }
      });
      codes += W::kCodeBytes;
      scales += W::kGroupScaleBytes;
    }
  }

  static void Run(const LinearInt8Args& args) {
    const int64_t size =
        (args.groups * (W::kCodeBytes + W::kGroupScaleBytes) + 63) / 64 * 64;
    alignas(64) float acc[16 * kMaxRows];
    for (int64_t row = 0; row < args.rows; row += kMaxRows) {
      const int64_t left = args.rows - row;
      const int rows = left < kMaxRows ? static_cast<int>(left) : kMaxRows;
      const std::byte* panel = args.panels;
      for (int64_t first = 0; first < args.num_outputs; first += 16) {
        if (args.rows == 1) {
          OneRow(args, panel, acc);
        } else {
          ManyRows(args, panel, row, rows, acc);
        }
        for (int r = 0; r < rows; ++r) {
          FinishOutputs(args, row + r, first, acc + 16 * r);
        }
        panel += size;
      }
    }
  }
};

template <class D>
void RunLinearInt8(const LinearInt8Args& args) {
  switch (args.type) {
    case TensorType::kF32:
    case TensorType::kF16:
    case TensorType::kBF16:
      __builtin_trap();  // no codes: Linear's
    case TensorType::kQ4_0:
      return LinearInt8Body<D, QuantisedWeights<4, 8, 2, false>>::Run(args);
    case TensorType::kQ4_1:
      return LinearInt8Body<D, QuantisedWeights<4, 0, 2, true>>::Run(args);
    case TensorType::kQ5_0:
      return LinearInt8Body<D, QuantisedWeights<5, 16, 2, false>>::Run(args);
    case TensorType::kQ5_1:
      return LinearInt8Body<D, QuantisedWeights<5, 0, 2, true>>::Run(args);
    case TensorType::kQ8_0:
      return LinearInt8Body<D, QuantisedWeights<8, 0, 2, false>>::Run(args);
    case TensorType::kQ4_K:
      return LinearInt8Body<D, QuantisedWeights<4, 0, 4, true>>::Run(args);
    case TensorType::kQ5_K:
      return LinearInt8Body<D, QuantisedWeights<5, 0, 4, true>>::Run(args);
    case TensorType::kQ6_K:
      return LinearInt8Body<D, QuantisedWeights<6, 32, 4, false, 16>>::Run(
          args);
  }
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_LINEAR_INT8_BODY_H_
