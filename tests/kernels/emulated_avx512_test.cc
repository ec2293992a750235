#include "tests/kernels/emulated_avx512.h"

#pragma GCC optimize("O1")  // speed is no concern, the time to compile is

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/half.h"

// What this SIMDe lacks, or rounds twice.
namespace {

using __mmask16 = simde__mmask16;

template <class Function>
__attribute__((noinline)) simde__m512 MapLanes(const Function& function) {
  alignas(64) float lanes[16];
  for (int i = 0; i < 16; ++i) lanes[i] = function(i);
  return simde_mm512_load_ps(lanes);
}

__attribute__((noinline)) simde__m512 EmulateFusedMultiplyAdd(simde__m512 a,
                                                              simde__m512 b,
                                                              simde__m512 c) {
  alignas(64) float x[16], y[16], z[16];
  simde_mm512_store_ps(x, a);
  simde_mm512_store_ps(y, b);
  simde_mm512_store_ps(z, c);
  return MapLanes([&](int i) { return std::fma(x[i], y[i], z[i]); });
}

__attribute__((noinline)) simde__m512 EmulateIntegersToFloats(simde__m512i a) {
  alignas(64) int32_t x[16];
  simde_mm512_store_si512(x, a);
  return MapLanes([&](int i) { return static_cast<float>(x[i]); });
}

__attribute__((noinline)) simde__m512 EmulateHalvesToFloats(simde__m256i a) {
  alignas(32) uint16_t x[16];
  simde_mm256_store_si256(reinterpret_cast<simde__m256i*>(x), a);
  return MapLanes([&](int i) { return mj::HalfToFloat(x[i]); });
}

// 16 integers of 8 or 16 bits to 32 bits.
template <class Integer>
__attribute__((noinline)) simde__m512i EmulateWiden(const void* integers) {
  Integer x[16];
  std::memcpy(x, integers, sizeof x);
  alignas(64) int32_t wide[16];
  for (int i = 0; i < 16; ++i) wide[i] = x[i];
  return simde_mm512_load_si512(wide);
}

simde__m512i EmulateWidenBytes(simde__m128i a) {
  return EmulateWiden<int8_t>(&a);
}

simde__m512i EmulateWidenUnsignedBytes(simde__m128i a) {
  return EmulateWiden<uint8_t>(&a);
}

__attribute__((noinline)) simde__m512i EmulateShiftRightSigned(simde__m512i a,
                                                               int bits) {
  alignas(64) int32_t x[16];
  simde_mm512_store_si512(x, a);
  for (int32_t& lane : x) lane >>= bits;
  return simde_mm512_load_si512(x);
}

// The instruction adds the high halves' product first (Intel's manual).
__attribute__((noinline)) simde__m512 EmulateDotOfPairs(simde__m512 sum,
                                                        simde__m512i a,
                                                        simde__m512i b) {
  alignas(64) uint32_t x[16], y[16];
  alignas(64) float sums[16];
  simde_mm512_store_si512(x, a);
  simde_mm512_store_si512(y, b);
  simde_mm512_store_ps(sums, sum);
  const auto high = [](uint32_t pair) {
    return std::bit_cast<float>(pair & 0xFFFF0000);
  };
  const auto low = [](uint32_t pair) {
    return std::bit_cast<float>(pair << 16);
  };
  return MapLanes([&](int i) {
    const float first = sums[i] + high(x[i]) * high(y[i]);
    return first + low(x[i]) * low(y[i]);
  });
}

__attribute__((noinline)) simde__m256i EmulateRound(simde__m512 a) {
  alignas(64) float x[16];
  alignas(32) uint16_t rounded[16];
  simde_mm512_store_ps(x, a);
  for (int i = 0; i < 16; ++i) rounded[i] = mj::FloatToBFloat16(x[i]);
  return simde_mm256_load_si256(reinterpret_cast<const simde__m256i*>(rounded));
}

simde__m512i EmulateRound2(simde__m512 high, simde__m512 low) {
  const simde__m256i halves[] = {EmulateRound(low), EmulateRound(high)};
  return simde_mm512_loadu_si512(halves);
}

__attribute__((noinline)) simde__m512i EmulateLookUp(simde__m512i index,
                                                     simde__m512i table) {
  alignas(64) uint16_t i[32], t[32];
  simde_mm512_store_si512(i, index);
  simde_mm512_store_si512(t, table);
  alignas(64) uint16_t found[32];
  for (int k = 0; k < 32; ++k) found[k] = t[i[k] % 32];
  return simde_mm512_load_si512(found);
}

__attribute__((noinline)) simde__m512i EmulateLookUp2(simde__m512i first,
                                                      simde__m512i index,
                                                      simde__m512i second) {
  alignas(64) uint16_t i[32], t[64];
  simde_mm512_store_si512(i, index);
  simde_mm512_store_si512(t, first);
  simde_mm512_store_si512(t + 32, second);
  alignas(64) uint16_t found[32];
  for (int k = 0; k < 32; ++k) found[k] = t[i[k] % 64];
  return simde_mm512_load_si512(found);
}

}  // namespace

#define __m512bh simde__m512i
#undef _mm512_dpbf16_ps
#define _mm512_dpbf16_ps EmulateDotOfPairs
#define _mm512_cvtneps_pbh EmulateRound
#define _mm512_cvtne2ps_pbh EmulateRound2
#undef _mm512_permutexvar_epi16
#define _mm512_permutexvar_epi16 EmulateLookUp
#undef _mm512_permutex2var_epi16
#define _mm512_permutex2var_epi16 EmulateLookUp2
#undef _mm512_fmadd_ps
#define _mm512_fmadd_ps EmulateFusedMultiplyAdd
#define _mm512_cvtepi32_ps EmulateIntegersToFloats
#define _mm512_cvtph_ps EmulateHalvesToFloats
#define _mm512_cvtepi8_epi32 EmulateWidenBytes
#define _mm512_cvtepu8_epi32 EmulateWidenUnsignedBytes
#define _mm512_srai_epi32 EmulateShiftRightSigned

// The kernels' own sources, in namespaces of their own.
#define MILLIJOULE_EMULATED_AVX512
#define avx512 avx512_emulated
#define amx amx_emulated
#include "kernels/attention.h"
#include "kernels/avx512/attention.cc"
#include "kernels/avx512/attention_bf16.cc"
#include "kernels/avx512/gated_activation.cc"
#include "kernels/avx512/linear.cc"
#include "kernels/avx512/linear_bf16.cc"
#include "kernels/avx512/linear_int16.cc"
#include "kernels/avx512/linear_int8.cc"
#include "kernels/avx512/rms_norm.cc"
#include "kernels/gated_activation.h"
#include "kernels/linear.h"
#include "kernels/linear_bf16.h"
#include "kernels/linear_int16.h"
#include "kernels/linear_int8.h"
#include "kernels/rms_norm.h"

// They call those of AVX-512.
#include "tests/kernels/emulated_tiles.h"
//
#include "kernels/amx/linear_bf16.cc"
#include "kernels/amx/linear_int8.cc"

namespace mj {
KernelTable EmulatedAvx512() {
  return {.isa = Isa::kAvx512,
          .linear = avx512_emulated::Linear,
          .group_sums = avx512_emulated::GroupSums,
          .linear_int8 = avx512_emulated::LinearInt8,
          .linear_bf16 = avx512_emulated::LinearBf16,
          .linear_int16 = avx512_emulated::LinearInt16,
          .quantise_rows = scalar::QuantiseRows,
          .to_bf16_rows = scalar::ToBf16Rows,
          .to_int16_rows = scalar::ToInt16Rows,
          .round_rows = scalar::RoundRows,
          .rms_norm = avx512_emulated::RmsNorm,
          .gated_activation = avx512_emulated::GatedActivation,
          .attention = avx512_emulated::Attention,
          .attention_bf16 = avx512_emulated::AttentionBf16,
          .merge_attention = avx512_emulated::MergeAttention};
}

KernelTable EmulatedAmx() {
  KernelTable table = EmulatedAvx512();
  table.isa = Isa::kAmx;
  table.linear_int8 = amx_emulated::LinearInt8;
  table.linear_bf16 = amx_emulated::LinearBf16;
  return table;
}
}  // namespace mj
