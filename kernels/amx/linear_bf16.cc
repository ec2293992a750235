#include "kernels/linear_bf16.h"

#include "kernels/amx/tile_walk.h"
#include "kernels/avx512/pair_weights.h"

namespace mj::amx {
namespace {

template <class Weights>
struct Bf16Product {
  using W = Weights;
  using Pairs = avx512::PairWeights<W, avx512::Bf16Code>;
  using Args = LinearBf16Args;
  using Sum = float;
  static constexpr int kRowBytes = 64;
  static constexpr int kVectors = 16;  // pairs of columns

  MJ_INLINE static void StoreWeights(const std::byte* codes, std::byte* to) {
    Unroll<kVectors>([&](auto p) MJ_LAMBDA {
      Vector::StoreInt(to + 64 * p.value, Pairs::template Pair<p.value>(codes));
    });
  }
  MJ_INLINE static const std::byte* Activations(const Bf16Rows& x, int64_t at) {
    return reinterpret_cast<const std::byte*>(x.values + 32 * at);
  }
  template <int kC, int kA, int kB>
  MJ_INLINE static void Multiply() {
    Tiles::MultiplyBf16<kC, kA, kB>();
  }
  MJ_INLINE static Vector::F AddSums(const float* sums, Vector::F d, int,
                                     const Bf16Rows&, int64_t,
                                     Vector::F total) {
    const Vector::F sum = Vector::Load(sums);
    constexpr float kUnit = Pairs::kUnit;
    if constexpr (kUnit != 1) d = Vector::Mul(d, Vector::Set1(kUnit));
    if constexpr (W::kScaled) return Vector::Fma(d, sum, total);
    return Vector::Add(total, sum);
  }
  MJ_INLINE static float SumOf(const Bf16Rows& x, int64_t at) {
    return x.sums[at];
  }
};

}  // namespace

void LinearBf16(const LinearBf16Args& args) {
  ForWeights(args.type, [&]<class W>(W) {
    if constexpr (avx512::kHasBf16Pairs<W>) {
      TileWalk<Bf16Product<W>>::Run(args);
    } else {
      __builtin_trap();  // Linear's
    }
  });
}

}  // namespace mj::amx
