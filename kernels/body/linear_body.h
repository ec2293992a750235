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

  using Group = typename W::Group;
  using GroupScales = Scales<V, W::kSteps>;

  // A group's codes as floats, and its scales, each [16 rows].
  struct alignas(64) Unpacked {
    float codes[32 * 16];
    float d[W::kSteps * 16];
    float m[16];
  };

  MJ_INLINE static F AddStep(F d, F s, F acc) {
    if constexpr (W::kScaled) return V::Fma(d, s, acc);
    return V::Add(acc, s);
  }

  // One row of x against V::kGemvPanels panels: acc [panels][16].
  static void Gemv(const LinearArgs& args, const std::byte* const* panels,
                   int64_t row, float* acc) {
    constexpr int kSums = V::kGemvPanels * kVecs;
    const float* x = args.x + row * args.x_stride;
    const int64_t next = V::kGemvPanels * W::PanelSize(args.groups);
    F total[kSums];
    Unroll<kSums>([&](auto n) MJ_LAMBDA { total[n.value] = V::Zero(); });
    for (int64_t g = 0; g < args.groups; ++g, x += 32) {
      Group at[V::kGemvPanels];
      GroupScales scales[kSums];
      Unroll<V::kGemvPanels>([&](auto p) MJ_LAMBDA {
        at[p.value] = W::At(panels[p.value], args.groups, g);
        W::template Prefetch<false>(panels[p.value] + next, g);
      });
      Unroll<kSums>([&](auto n) MJ_LAMBDA {
        scales[n.value] = W::template LoadScales<V>(
            at[n.value / kVecs], n.value % kVecs * V::kLanes);
      });
      Unroll<W::kSteps>([&](auto step) MJ_LAMBDA {
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
          total[n.value] = AddStep(scales[n.value].d[step.value], s[n.value],
                                   total[n.value]);
        });
      });
      if constexpr (W::kHasMin) {
        const F sum = V::Set1(args.sums[row * args.sums_stride + g]);
        Unroll<kSums>([&](auto n) MJ_LAMBDA {
          total[n.value] = V::Fma(scales[n.value].m, sum, total[n.value]);
        });
      }
    }
    Unroll<kSums>([&](auto n) MJ_LAMBDA {
      V::Store(acc + n.value * V::kLanes, total[n.value]);
    });
  }

  static void Unpack(const Group& at, Unpacked& group) {
    Unroll<kVecs>([&](auto v) MJ_LAMBDA {
      constexpr int kFirst = v.value * V::kLanes;
      Unroll<32>([&](auto k) MJ_LAMBDA {
        V::Store(group.codes + 16 * k.value + kFirst,
                 W::template Code<V, k.value>(at.codes, kFirst));
      });
      if constexpr (!W::kScaled) return;
      const GroupScales scales = W::template LoadScales<V>(at, kFirst);
      Unroll<W::kSteps>([&](auto s) MJ_LAMBDA {
        V::Store(group.d + 16 * s.value + kFirst, scales.d[s.value]);
      });
      V::Store(group.m + kFirst, scales.m);
    });
  }

  // kRows rows of x against one group, on top of acc [kRows][16].
  template <int kRows>
  static void AddGroup(const LinearArgs& args, const Unpacked& group, int64_t g,
                       int64_t row, float* acc) {
    const float* x = args.x + row * args.x_stride + 32 * g;
    Unroll<W::kSteps>([&](auto step) MJ_LAMBDA {
      constexpr int kFirstColumn = step.value * W::kStep;
      F s[kRows * kVecs];
      Unroll<kRows * kVecs>([&](auto n) MJ_LAMBDA { s[n.value] = V::Zero(); });
      for (int k = kFirstColumn; k < kFirstColumn + W::kStep; ++k) {
        F w[kVecs];
        Unroll<kVecs>([&](auto v) MJ_LAMBDA {
          w[v.value] = V::Load(group.codes + 16 * k + v.value * V::kLanes);
        });
        Unroll<kRows>([&](auto r) MJ_LAMBDA {
          const F xk = V::Set1(x[r.value * args.x_stride + k]);
          Unroll<kVecs>([&](auto v) MJ_LAMBDA {
            F& sum = s[r.value * kVecs + v.value];
            sum = V::Fma(w[v.value], xk, sum);
          });
        });
      }
      // The totals stay in memory until here: the loop above needs every
      // register.
      Unroll<kRows * kVecs>([&](auto n) MJ_LAMBDA {
        constexpr int kFirst = n.value % kVecs * V::kLanes;
        const F d = V::Load(group.d + 16 * step.value + kFirst);
        F total = AddStep(d, s[n.value], V::Load(acc + n.value * V::kLanes));
        if constexpr (W::kHasMin && step.value == W::kSteps - 1) {
          const int64_t r = row + n.value / kVecs;
          const F sum = V::Set1(args.sums[r * args.sums_stride + g]);
          total = V::Fma(V::Load(group.m + kFirst), sum, total);
        }
        V::Store(acc + n.value * V::kLanes, total);
      });
    });
  }

  // `rows` <= kRowChunk rows of x against one panel: acc [rows][16].
  static void Gemm(const LinearArgs& args, const std::byte* panel, int64_t row,
                   int rows, float* acc) {
    Unpacked group;
    for (int i = 0; i < 16 * rows; ++i) acc[i] = 0;
    for (int64_t g = 0; g < args.groups; ++g) {
      Unpack(W::At(panel, args.groups, g), group);
      W::template Prefetch<true>(panel + W::PanelSize(args.groups), g);
      int r = 0;
      for (; r + V::kGemmRows <= rows; r += V::kGemmRows) {
        AddGroup<V::kGemmRows>(args, group, g, row + r, acc + 16 * r);
      }
      for (; r + 4 <= rows; r += 4) {
        AddGroup<4>(args, group, g, row + r, acc + 16 * r);
      }
      for (; r + 2 <= rows; r += 2) {
        AddGroup<2>(args, group, g, row + r, acc + 16 * r);
      }
      if (r < rows) AddGroup<1>(args, group, g, row + r, acc + 16 * r);
    }
  }

  static void RunOneRow(const LinearArgs& args) {
    const int64_t size = W::PanelSize(args.groups);
    alignas(64) float acc[16 * V::kGemvPanels];
    for (int64_t n = 0; n < args.num_outputs; n += 16 * V::kGemvPanels) {
      const std::byte* panels[V::kGemvPanels];
      for (int p = 0; p < V::kGemvPanels; ++p) {
        // Beyond the last panel: the first once more, for nothing.
        const int64_t own = n + 16 * p < args.num_outputs ? n / 16 + p : n / 16;
        panels[p] = args.panels + own * size;
      }
      Gemv(args, panels, 0, acc);
      for (int p = 0; p < V::kGemvPanels; ++p) {
        const int64_t output = n + 16 * p;
        if (output >= args.num_outputs) break;
        FinishOutputs<V>(args, 0, output, acc + 16 * p);
      }
    }
  }

  static void Run(const LinearArgs& args) {
    if (args.rows == 1) return RunOneRow(args);
    const int64_t size = W::PanelSize(args.groups);
    alignas(64) float acc[16 * kRowChunk];
    for (int64_t row = 0; row < args.rows; row += kRowChunk) {
      const int64_t left = args.rows - row;
      const int rows = left < kRowChunk ? static_cast<int>(left) : kRowChunk;
      for (int64_t first = 0; first < args.num_outputs; first += 16) {
        Gemm(args, args.panels + first / 16 * size, row, rows, acc);
        for (int r = 0; r < rows; ++r) {
          FinishOutputs<V>(args, row + r, first, acc + 16 * r);
        }
      }
    }
  }
};

template <class V>
void RunLinear(const LinearArgs& args) {
  ForWeights(args.type, [&]<class W>(W) { LinearBody<V, W>::Run(args); });
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
