#include "kernels/attention.h"
#include "kernels/avx512/vector.h"
#include "kernels/body/attention_body.h"

namespace mj::avx512 {
namespace {

using F = Vector::F;
using I = Vector::I;

// A lane holds a pair, and one instruction adds both products: the second
// half's, then the first's.
struct PairsOfBf16 {
  using Element = uint16_t;
  using Factor = uint16_t;
  using Lanes = I;
  static constexpr int kHalves = 1;
  static constexpr bool kWidens = false;

  template <int kHalf>
  MJ_INLINE static I Key(const uint16_t* keys, int64_t pair, int slot) {
    return Vector::LoadInt(keys + 2 * (pair * kKvBlockSlots + slot));
  }
  template <int kHalf>
  MJ_INLINE static I Value(const uint16_t* values, int64_t padded, int64_t pair,
                           int64_t d) {
    return Vector::LoadInt(values + 2 * (pair * padded + d));
  }
  template <int kHalf>
  MJ_INLINE static I Keep(I pair) {
    return Vector::And(pair,
                       static_cast<int>(kHalf == 0 ? 0xFFFF : 0xFFFF0000));
  }
  template <int kHalf>
  MJ_INLINE static I Set(const uint16_t* factors, int64_t pair) {
    int32_t both;
    __builtin_memcpy(&both, factors + 2 * pair, sizeof both);
    return _mm512_set1_epi32(both);
  }
  MJ_INLINE static F MultiplyAdd(I a, I factor, F sum) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)factor);
  }
};

class Bf16Products {
 public:
  using Factor = uint16_t;

  // Blocks are read where they lie.
  Bf16Products(const AttentionQueries& queries, const float* /*widened*/)
      : padded_(queries.padded) {}

  static void TakeQuery(const float* q, int head_dim, int64_t padded,
                        uint16_t* out) {
    for (int64_t d = 0; d < padded; d += 16) {
      const F x = d + 16 <= head_dim ? Vector::Load(q + d)
                                     : LoadFirst<Vector>(q + d, head_dim - d);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + d),
                          (__m256i)_mm512_cvtneps_pbh(x));
    }
  }

  // To 2^-13 of itself, as it will be rounded to 8 bits: 2^n by the exponent,
  // 2^r for |r| <= 1/2 by the cubic polynomial of least relative error. Of
  // minus infinity it is 0.
  MJ_INLINE static F ExpOf(F x) {
    const F t = Vector::Max(Vector::Mul(x, Vector::Set1(1.44269504f)),
                            Vector::Set1(-256.0f));
    const F n = _mm512_roundscale_ps(t, _MM_FROUND_TO_NEAREST_INT);
    const F r = Vector::Sub(t, n);
    F p = Vector::Set1(0.0551716847f);
    p = Vector::Fma(p, r, Vector::Set1(0.242611161f));
    p = Vector::Fma(p, r, Vector::Set1(0.693260986f));
    p = Vector::Fma(p, r, Vector::Set1(0.999928071f));
    return _mm512_scalef_ps(p, n);
  }

  // What is summed is what multiplies the values.
  MJ_INLINE static F StoreWeights(const F* p, const float* /*value_scales*/,
                                  uint16_t* weights) {
    const I pairs = (I)_mm512_cvtne2ps_pbh(p[1], p[0]);
    _mm512_storeu_si512(weights, pairs);
    return Vector::Add(
        Vector::AsFloat(Vector::ShiftLeft<16>(pairs)),
        Vector::AsFloat(Vector::And(pairs, static_cast<int>(0xFFFF0000))));
  }

  template <class Function>
  MJ_INLINE void Visit(const std::byte* block, const Function& f) const {
    const auto* keys = reinterpret_cast<const uint16_t*>(block);
    f(KvView<PairsOfBf16>{keys, keys + kKvBlockSlots * padded_});
  }

 private:
  const int64_t padded_;
};

}  // namespace

void AttentionBf16(const AttentionArgs& args) {
  AttentionBody<Vector, Bf16Products>(args).Run();
}

}  // namespace mj::avx512
