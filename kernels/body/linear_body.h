// The body of Linear and GroupSums (kernels/linear.h) over a Vector type.
// A row's arithmetic is one sequence of operations, whether it runs alone
// (weights unpacked straight into registers) or with others (unpacked once
// into the first-level cache).
#ifndef MILLIJOULE_KERNELS_BODY_LINEAR_BODY_H_
#define MILLIJOULE_KERNELS_BODY_LINEAR_BODY_H_

#include "kernels/body/finish_outputs.h"
#include "kernels/body/inline.h"
#include "kernels/body/weights.h"
#include "kernels/linear.h"

namespace mj {
namespace {

// Rows that share the unpacking of a group: with their sums 4 KB of the
// first-level cache.
constexpr int kRowChunk = 64;

template <class V, class W>
struct LinearBody {
  using F = typename V::F;
  static constexpr int kVecs = 16 / V::kLanes;  // a panel's 16 rows

  // Where group g of a panel lies.
  struct Group {
    const std::byte* codes;
    const std::byte* scales;
  };
  MJ_INLINE static Group At(const std::byte* panel, int64_t groups, int64_t g) {
    return {panel + g * W::kCodeBytes,
            panel + groups * W::kCodeBytes + g * W::kGroupScaleBytes};
  }
  static int64_t PanelSize(int64_t groups) {
    return (groups * (W::kCodeBytes + W::kGroupScaleBytes) + 63) / 64 * 64;
  }

  MJ_INLINE static F AddStep(Group at, int step, int first_row, F s, F acc) {
    if constexpr (W::kScaled) {
      return V::Fma(W::template Scale<V>(at.scales, step, first_row), s, acc);
    } else {
      return V::Add(acc, s);
    }
  }
  MJ_INLINE static F AddMin(Group at, int first_row, F sum, F acc) {
    if constexpr (W::kHasMin) {
      return V::Fma(W::template Scale<V>(at.scales, 32 / W::kStep, first_row),
                    sum, acc);
    } else {
      return acc;
    }
  }

  // One row of x against kPanels panels: acc [kPanels][16].
  template <int kPanels>
  static void Gemv(const LinearArgs& args, const std::byte* panels, int64_t row,
                   float* acc) {
    constexpr int kSums = kPanels * kVecs;
    const int64_t panel_size = PanelSize(args.groups);
    const float* x = args.x + row * args.x_stride;
    F total[kSums];
    Unroll<kSums>([&](auto n) MJ_LAMBDA { total[n.value] = V::Zero(); });
    for (int64_t g = 0; g < args.groups; ++g, x += 32) {
      Group at[kPanels];
      Unroll<kPanels>([&](auto p) MJ_LAMBDA {
        at[p.value] = At(panels + p.value * panel_size, args.groups, g);
      });
      Unroll<32 / W::kStep>([&](auto step) MJ_LAMBDA {
        F s[kSums];
        Unroll<kSums>([&](auto n) MJ_LAMBDA { s[n.value] = V::Zero(); });
        Unroll<W::kStep>([&](auto k) MJ_LAMBDA {
          constexpr int kColumn = step.value * W::kStep + k.value;
          const F xk = V::Set1(x[kColumn]);
          Unroll<kSums>([&](auto n) MJ_LAMBDA {
            const F code = W::template Code<V, kColumn>(
                at[n.value / kVecs].codes, n.value % kVecs * V::kLanes);
            s[n.value] = V::Fma(code, xk, s[n.value]);
          });
        });
        Unroll<kSums>([&](auto n) MJ_LAMBDA {
          total[n.value] =
              AddStep(at[n.value / kVecs], step.value,
                      n.value % kVecs * V::kLanes, s[n.value], total[n.value]);
        });
      });
      if constexpr (W::kHasMin) {
        const F sum = V::Set1(args.sums[row * args.sums_stride + g]);
        Unroll<kSums>([&](auto n) MJ_LAMBDA {
          total[n.value] =
              AddMin(at[n.value / kVecs], n.value % kVecs * V::kLanes, sum,
                     total[n.value]);
        });
      }
    }
    Unroll<kSums>([&](auto n) MJ_LAMBDA {
      V::Store(acc + n.value * V::kLanes, total[n.value]);
    });
  }

  // codes [32][16] of one group.
  static void Unpack(Group at, float* codes) {
    Unroll<32>([&](auto k) MJ_LAMBDA {
      Unroll<kVecs>([&](auto v) MJ_LAMBDA {
        constexpr int kFirst = v.value * V::kLanes;
        V::Store(codes + 16 * k.value + kFirst,
                 W::template Code<V, k.value>(at.codes, kFirst));
      });
    });
  }

  // kRows rows of x against one unpacked group, on top of acc [kRows][16].
  template <int kRows>
  static void AddGroup(const LinearArgs& args, const float* codes, Group at,
                       int64_t g, int64_t row, float* acc) {
    const float* x = args.x + row * args.x_stride + 32 * g;
    F total[kRows * kVecs];
    Unroll<kRows * kVecs>([&](auto n) MJ_LAMBDA {
      total[n.value] = V::Load(acc + n.value * V::kLanes);
    });
    for (int step = 0; step < 32 / W::kStep; ++step) {
      F s[kRows * kVecs];
      Unroll<kRows * kVecs>([&](auto n) MJ_LAMBDA { s[n.value] = V::Zero(); });
      for (int k = step * W::kStep; k < (step + 1) * W::kStep; ++k) {
        F w[kVecs];
        Unroll<kVecs>([&](auto v) MJ_LAMBDA {
          w[v.value] = V::Load(codes + 16 * k + v.value * V::kLanes);
        });
        Unroll<kRows>([&](auto r) MJ_LAMBDA {
          const F xk = V::Set1(x[r.value * args.x_stride + k]);
          Unroll<kVecs>([&](auto v) MJ_LAMBDA {
            F& sum = s[r.value * kVecs + v.value];
            sum = V::Fma(w[v.value], xk, sum);
          });
        });
      }
      Unroll<kRows * kVecs>([&](auto n) MJ_LAMBDA {
        total[n.value] = AddStep(at, step, n.value % kVecs * V::kLanes,
                                 s[n.value], total[n.value]);
      });
    }
    Unroll<kRows * kVecs>([&](auto n) MJ_LAMBDA {
      if constexpr (W::kHasMin) {
        const int64_t r = row + n.value / kVecs;
        total[n.value] = AddMin(at, n.value % kVecs * V::kLanes,
                                V::Set1(args.sums[r * args.sums_stride + g]),
                                total[n.value]);
      }
      V::Store(acc + n.value * V::kLanes, total[n.value]);
    });
  }

  // `rows` <= kRowChunk rows of x against one panel: acc [rows][16].
  static void Gemm(const LinearArgs& args, const std::byte* panel, int64_t row,
                   int rows, float* acc) {
    alignas(64) float codes[32 * 16];
    for (int i = 0; i < 16 * rows; ++i) acc[i] = 0;
    for (int64_t g = 0; g < args.groups; ++g) {
      const Group at = At(panel, args.groups, g);
      Unpack(at, codes);
      int r = 0;
      for (; r + V::kGemmRows <= rows; r += V::kGemmRows) {
        AddGroup<V::kGemmRows>(args, codes, at, g, row + r, acc + 16 * r);
      }
      for (; r + 4 <= rows; r += 4) {
        AddGroup<4>(args, codes, at, g, row + r, acc + 16 * r);
      }
      for (; r + 2 <= rows; r += 2) {
        AddGroup<2>(args, codes, at, g, row + r, acc + 16 * r);
      }
      if (r < rows) AddGroup<1>(args, codes, at, g, row + r, acc + 16 * r);
    }
  }

  static void RunOneRow(const LinearArgs& args) {
    const int64_t size = PanelSize(args.groups);
    const int64_t panels = (args.num_outputs + 15) / 16;
    alignas(64) float acc[16 * V::kGemvPanels];
    int64_t p = 0;
    for (; p + V::kGemvPanels <= panels; p += V::kGemvPanels) {
      Gemv<V::kGemvPanels>(args, args.panels + p * size, 0, acc);
      for (int i = 0; i < V::kGemvPanels; ++i) {
        FinishOutputs(args, 0, 16 * (p + i), acc + 16 * i);
      }
    }
    for (; p < panels; ++p) {
      Gemv<1>(args, args.panels + p * size, 0, acc);
      FinishOutputs(args, 0, 16 * p, acc);
    }
  }

  static void Run(const LinearArgs& args) {
    if (args.rows == 1) return RunOneRow(args);
    const int64_t size = PanelSize(args.groups);
    alignas(64) float acc[16 * kRowChunk];
    for (int64_t row = 0; row < args.rows; row += kRowChunk) {
      const int64_t left = args.rows - row;
      const int rows = left < kRowChunk ? static_cast<int>(left) : kRowChunk;
      for (int64_t first = 0; first < args.num_outputs; first += 16) {
        Gemm(args, args.panels + first / 16 * size, row, rows, acc);
        for (int r = 0; r < rows; ++r) {
          FinishOutputs(args, row + r, first, acc + 16 * r);
        }
      }
    }
  }
};

template <class V>
void RunLinear(const LinearArgs& args) {
  switch (args.type) {
    case TensorType::kF32:
      return LinearBody<V, FloatWeights<TensorType::kF32>>::Run(args);
    case TensorType::kF16:
      return LinearBody<V, FloatWeights<TensorType::kF16>>::Run(args);
    case TensorType::kBF16:
      return LinearBody<V, FloatWeights<TensorType::kBF16>>::Run(args);
    case TensorType::kQ4_0:
      return LinearBody<V, QuantisedWeights<4, 8, 2, false>>::Run(args);
    case TensorType::kQ4_1:
      return LinearBody<V, QuantisedWeights<4, 0, 2, true>>::Run(args);
    case TensorType::kQ5_0:
      return LinearBody<V, QuantisedWeights<5, 16, 2, false>>::Run(args);
    case TensorType::kQ5_1:
      return LinearBody<V, QuantisedWeights<5, 0, 2, true>>::Run(args);
    case TensorType::kQ8_0:
      return LinearBody<V, QuantisedWeights<8, 0, 2, false>>::Run(args);
    case TensorType::kQ4_K:
      return LinearBody<V, QuantisedWeights<4, 0, 4, true>>::Run(args);
    case TensorType::kQ5_K:
      return LinearBody<V, QuantisedWeights<5, 0, 4, true>>::Run(args);
    case TensorType::kQ6_K:
      return LinearBody<V, QuantisedWeights<6, 32, 4, false, 16>>::Run(args);
  }
}

template <class V>
void RunGroupSums(const float* x, int64_t x_stride, int64_t rows,
                  int64_t groups, float* sums, int64_t sums_stride) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t g = 0; g < groups; ++g) {
      const float* values = x + r * x_stride + 32 * g;
      typename V::F sum = V::Load(values);
      for (int k = V::kLanes; k < 32; k += V::kLanes) {
        sum = V::Add(sum, V::Load(values + k));
      }
      sums[r * sums_stride + g] = V::Sum(sum);
    }
  }
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_LINEAR_BODY_H_
