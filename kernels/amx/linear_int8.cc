#include "kernels/linear_int8.h"

#include "kernels/amx/tile_walk.h"

namespace mj::amx {
namespace {

// Fewer rows leave most of a tile empty: vectors give the same bits sooner.
constexpr int64_t kRowsWorthTiles = 8;

template <class Weights>
struct Int8Product {
  using W = Weights;
  using Args = LinearInt8Args;
  using Sum = int32_t;
  static constexpr int kRowBytes = 32;
  static constexpr int kVectors = 8;  // words of four columns

  MJ_INLINE static void StoreWeights(const std::byte* codes, std::byte* to) {
    Unroll<kVectors>([&](auto j) MJ_LAMBDA {
      Vector::StoreInt(to + 64 * j.value,
                       W::template Bytes<Vector, j.value>(codes, 0));
    });
  }
  MJ_INLINE static const std::byte* Activations(const Int8Rows& x, int64_t at) {
    return reinterpret_cast<const std::byte*>(x.codes + 32 * at);
  }
  template <int kC, int kA, int kB>
  MJ_INLINE static void Multiply() {
    Tiles::MultiplyInt8<kC, kA, kB>();
  }
  MJ_INLINE static Vector::F AddSums(const int32_t* sums, Vector::F d, int step,
                                     const Int8Rows& x, int64_t at,
                                     Vector::F total) {
    Vector::I dot = Vector::LoadInt(sums);
    if constexpr (W::kZero != 0) {
      const int32_t sum = W::kSteps == 1 ? x.sums[2 * at] + x.sums[2 * at + 1]
                                         : x.sums[2 * at + step];
      dot = Vector::SubInt(dot, W::kZero * sum);
    }
    return Vector::Fma(Vector::ToFloat(dot),
                       Vector::Mul(d, Vector::Set1(x.scales[at])), total);
  }
  MJ_INLINE static float SumOf(const Int8Rows& x, int64_t at) {
    return x.totals[at];
  }
};

}  // namespace

void LinearInt8(const LinearInt8Args& args) {
  if (args.rows < kRowsWorthTiles) return avx512::LinearInt8(args);
  ForWeights(args.type, [&]<class W>(W) {
    if constexpr (W::kScaled) {
      TileWalk<Int8Product<W>>::Run(args);
    } else {
      __builtin_trap();  // no codes: Linear's
    }
  });
}

}  // namespace mj::amx
