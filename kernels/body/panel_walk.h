// The walk over panels that products of rounded activations share: the rows of
// two vectors at a time, so that both use what is read of an activation.
//
// A product P names its Args and its weights W (kernels/body/weights.h), and
//   kWords                   vectors that hold the weights of a group
//   Word<V, j>(codes, first_row)  the j-th of them
//   X                        the type of an activation that meets one of them
//   Broadcast<j>(x, at)      the one that word j meets, of row `at` of x
//   Sum                      of one step of columns with a scale in common
//   Begin(x, at, step), Add<j>(sum, word, x)
//   End(sum, d, x, at, total)     total plus the scaled sum
//   SumOf(x, at)             of the group's activations, for the minimum
//   kRowBlock                rows that share what is loaded of unpacked weights
// One row keeps its totals in registers and unpacks weights straight into
// them; more rows share the unpacking into the first-level cache and keep
// their totals there. The arithmetic of a row is the same.
#ifndef MILLIJOULE_KERNELS_BODY_PANEL_WALK_H_
#define MILLIJOULE_KERNELS_BODY_PANEL_WALK_H_

#include <cstddef>
#include <cstdint>

#include "kernels/body/finish_outputs.h"
#include "kernels/body/inline.h"
#include "kernels/body/weights.h"

namespace mj {
namespace {

template <class V, class P>
struct PanelWalk {
  using F = typename V::F;
  using I = typename V::I;
  using W = typename P::W;
  using Args = typename P::Args;
  using GroupScales = Scales<V, W::kSteps>;
  static constexpr int kPanels = V::kLanes / 8;  // that fill two vectors
  static constexpr int kMaxRows = 64;  // their totals: 8 KB of the first cache
  static constexpr int kWidth = 2 * V::kLanes;

  MJ_INLINE static constexpr int PanelOfVector(int v) {
    return v * V::kLanes / 16;
  }
  MJ_INLINE static constexpr int FirstRow(int v) { return v * V::kLanes % 16; }

  // Weights of one group: as they lie in the panels, ...
  struct Packed {
    typename W::Group at[kPanels];
    template <int j, int v>
    MJ_INLINE I Word() const {
      return P::template Word<V, j>(at[PanelOfVector(v)].codes, FirstRow(v));
    }
  };
  // ... or unpacked.
  struct Unpacked {
    std::byte* words;
    template <int j, int v>
    MJ_INLINE I Word() const {
      return V::LoadInt(words + (2 * j + v) * sizeof(I));
    }
  };

  // Asks for the next panels on the way.
  template <bool kFirstLevel>
  MJ_INLINE static Packed At(const std::byte* const* panels, int64_t groups,
                             int64_t g) {
    const int64_t next = kPanels * W::PanelSize(groups);
    Packed packed;
    Unroll<kPanels>([&](auto p) MJ_LAMBDA {
      packed.at[p.value] = W::At(panels[p.value], groups, g);
      W::template Prefetch<kFirstLevel>(panels[p.value] + next, g);
    });
    return packed;
  }
  MJ_INLINE static void LoadScales(const Packed& packed, GroupScales* scales) {
    Unroll<2>([&](auto v) MJ_LAMBDA {
      scales[v.value] = W::template LoadScales<V>(
          packed.at[PanelOfVector(v.value)], FirstRow(v.value));
    });
  }

  // Of kRows rows: [kRows][2].
  template <int kRows>
  struct Totals {
    F at[2 * kRows];
    MJ_INLINE static Totals Load(const float* from) {
      Totals totals;
      Unroll<2 * kRows>([&](auto n) MJ_LAMBDA {
        totals.at[n.value] = V::Load(from + n.value * V::kLanes);
      });
      return totals;
    }
    MJ_INLINE void Store(float* to) const {
      Unroll<2 * kRows>([&](auto n) MJ_LAMBDA {
        V::Store(to + n.value * V::kLanes, at[n.value]);
      });
    }
  };

  // Rows at, at + 1, ... of x.
  template <int kRows, class Words>
  MJ_INLINE static void AddGroup(const Words& words, const GroupScales* scales,
                                 const decltype(Args::x)& x, int64_t at,
                                 Totals<kRows>& totals) {
    constexpr int kStepWords = P::kWords / W::kSteps;
    Unroll<W::kSteps>([&](auto step) MJ_LAMBDA {
      typename P::Sum sums[2 * kRows];
      Unroll<2 * kRows>([&](auto n) MJ_LAMBDA {
        sums[n.value] = P::Begin(x, at + n.value / 2, step.value);
      });
      Unroll<kStepWords>([&](auto i) MJ_LAMBDA {
        constexpr int kWord = step.value * kStepWords + i.value;
        I word[2];
        Unroll<2>([&](auto v) MJ_LAMBDA {
          word[v.value] = words.template Word<kWord, v.value>();
        });
        Unroll<kRows>([&](auto r) MJ_LAMBDA {
          const auto value = P::template Broadcast<kWord>(x, at + r.value);
          Unroll<2>([&](auto v) MJ_LAMBDA {
            P::template Add<i.value>(sums[2 * r.value + v.value], word[v.value],
                                     value);
          });
        });
      });
      Unroll<2 * kRows>([&](auto n) MJ_LAMBDA {
        const GroupScales& own = scales[n.value % 2];
        const int64_t row = at + n.value / 2;
        F& total = totals.at[n.value];
        total = P::End(sums[n.value], own.d[step.value], x, row, total);
        if constexpr (W::kHasMin && step.value == W::kSteps - 1) {
          total = V::Fma(own.m, V::Set1(P::SumOf(x, row)), total);
        }
      });
    });
  }

  // acc [kWidth]
  static void OneRow(const Args& args, const std::byte* const* panels,
                     float* acc) {
    Totals<1> totals = {V::Zero(), V::Zero()};
    for (int64_t g = 0; g < args.groups; ++g) {
      const Packed packed = At<false>(panels, args.groups, g);
      GroupScales scales[2];
      LoadScales(packed, scales);
      AddGroup<1>(packed, scales, args.x, g * args.x.stride, totals);
    }
    totals.Store(acc);
  }

  // acc [rows][kWidth]; rows <= V::kPanelRows
  static void FewRows(const Args& args, const std::byte* const* panels,
                      int64_t first, int rows, float* acc) {
    Clear(rows, acc);
    for (int64_t g = 0; g < args.groups; ++g) {
      const Packed packed = At<false>(panels, args.groups, g);
      GroupScales scales[2];
      LoadScales(packed, scales);
      ForRows<V::kPanelRows>(rows, [&](auto count, int r) MJ_LAMBDA {
        auto totals = Totals<count.value>::Load(acc + r * kWidth);
        AddGroup<count.value>(packed, scales, args.x,
                              g * args.x.stride + first + r, totals);
        totals.Store(acc + r * kWidth);
      });
    }
  }

  // acc [rows][kWidth]
  static void ManyRows(const Args& args, const std::byte* const* panels,
                       int64_t first, int rows, float* acc) {
    alignas(64) std::byte words[2 * P::kWords * sizeof(I)];
    Clear(rows, acc);
    for (int64_t g = 0; g < args.groups; ++g) {
      const Packed packed = At<true>(panels, args.groups, g);
      GroupScales scales[2];
      LoadScales(packed, scales);
      Unroll<2 * P::kWords>([&](auto n) MJ_LAMBDA {
        V::StoreInt(words + n.value * sizeof(I),
                    packed.template Word<n.value / 2, n.value % 2>());
      });
      ForRows<P::kRowBlock>(rows, [&](auto count, int r) MJ_LAMBDA {
        auto totals = Totals<count.value>::Load(acc + r * kWidth);
        AddGroup<count.value>(Unpacked{words}, scales, args.x,
                              g * args.x.stride + first + r, totals);
        totals.Store(acc + r * kWidth);
      });
    }
  }

  // Calls f(Int<count>(), first) for rows 0 .. rows - 1, kMost at a time.
  template <int kMost, class Function>
  MJ_INLINE static void ForRows(int rows, const Function& f) {
    int r = 0;
    for (; r + kMost <= rows; r += kMost) f(Int<kMost>(), r);
    if constexpr (kMost > 1) {
      Unroll<kMost == 8 ? 3 : 2>([&](auto i) MJ_LAMBDA {
        constexpr int kCount = (kMost / 2) >> i.value;
        if (rows - r < kCount) return;
        f(Int<kCount>(), r);
        r += kCount;
      });
    }
  }

  static void Clear(int rows, float* acc) {
    for (int i = 0; i < kWidth * rows; i += V::kLanes) {
      V::Store(acc + i, V::Zero());
    }
  }

  static void Finish(const Args& args, int64_t row, int rows, int64_t output,
                     const float* acc) {
    for (int p = 0; p < kPanels; ++p, output += 16, acc += 16) {
      if (output >= args.num_outputs) return;
      for (int r = 0; r < rows; ++r) {
        FinishOutputs<V>(args, row + r, output, acc + r * kWidth);
      }
    }
  }

  static void Run(const Args& args) {
    const int64_t size = W::PanelSize(args.groups);
    alignas(64) float acc[kWidth * kMaxRows];
    for (int64_t row = 0; row < args.rows; row += kMaxRows) {
      const int64_t left = args.rows - row;
      const int rows = left < kMaxRows ? static_cast<int>(left) : kMaxRows;
      for (int64_t n = 0; n < args.num_outputs; n += 16 * kPanels) {
        // An odd last panel keeps itself company.
        const std::byte* panels[2];
        panels[0] = args.panels + n / 16 * size;
        panels[1] = n + 16 < args.num_outputs ? panels[0] + size : panels[0];
        if (args.rows == 1) {
          OneRow(args, panels, acc);
        } else if (rows <= V::kPanelRows) {
          FewRows(args, panels, row, rows, acc);
        } else {
          ManyRows(args, panels, row, rows, acc);
        }
        Finish(args, row, rows, n, acc);
      }
    }
  }
};

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_PANEL_WALK_H_
