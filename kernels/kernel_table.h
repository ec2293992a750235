// Which version of each kernel runs: a value, chosen once, by a pure function.
#ifndef MILLIJOULE_KERNELS_KERNEL_TABLE_H_
#define MILLIJOULE_KERNELS_KERNEL_TABLE_H_

#include <optional>
#include <string>
#include <string_view>

#include "kernels/activations.h"
#include "kernels/attention.h"
#include "kernels/cpu_features.h"
#include "kernels/gated_activation.h"
#include "kernels/linear.h"
#include "kernels/linear_bf16.h"
#include "kernels/linear_bit_serial.h"
#include "kernels/linear_int16.h"
#include "kernels/linear_int8.h"
#include "kernels/numerics.h"
#include "kernels/peak.h"
#include "kernels/rms_norm.h"

namespace mj {

enum class Isa { kScalar, kAvx2, kAvx512, kAmx };  // each has the ones before

// All of one instruction set: a position's bits belong to it.
struct KernelTable {
  Isa isa = Isa::kScalar;
  LinearFn* linear = nullptr;
  GroupSumsFn* group_sums = nullptr;
  LinearInt8Fn* linear_int8 = nullptr;
  LinearBitSerialFn* linear_bit_serial = nullptr;
  LinearBf16Fn* linear_bf16 = nullptr;    // none: Linear on rounded rows
  LinearInt16Fn* linear_int16 = nullptr;  // none: linear_bf16 is as fast
  QuantiseRowsFn* quantise_rows = nullptr;
  Bf16RowsFn* to_bf16_rows = nullptr;
  Int16RowsFn* to_int16_rows = nullptr;
  RoundRowsFn* round_rows = nullptr;
  RmsNormFn* rms_norm = nullptr;
  GatedActivationFn* gated_activation = nullptr;
  AttentionFn* attention = nullptr;
  AttentionFn* attention_bf16 = nullptr;   // none: attention
  AttentionFn* merge_attention = nullptr;  // of both
  ReadFn* read = nullptr;                  // for rooflines, as are
  PeakFn* peak_f32 = nullptr;              // these; none where none is known
  PeakFn* peak_int8 = nullptr;
  PeakFn* peak_int16 = nullptr;
  PeakFn* peak_bf16 = nullptr;
};

std::string_view IsaName(Isa isa);  // "scalar", "avx2", ...
std::optional<Isa> ParseIsa(std::string_view name);

bool Supports(const CpuFeatures& cpu, Isa isa);
// For who asked for it: the features it lacks, and the widest that it has.
// REQUIRES: !Supports(cpu, isa).
std::string WhyNot(const CpuFeatures& cpu, Isa isa);

// `isa`, or without one the widest that `cpu` supports; none where `cpu` does
// not support it.
std::optional<KernelTable> ChooseKernels(const CpuFeatures& cpu,
                                         std::optional<Isa> isa);

// bf16 where the table has dot products of bfloat16, else f32: int8 is faster,
// but turns the replies of small models, so it is to be asked for.
Numerics DefaultNumerics(const KernelTable& kernels);

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_KERNEL_TABLE_H_
