#include "kernels/kernel_table.h"

namespace mj {
namespace {

constexpr KernelTable kScalarKernels = {
    .isa = Isa::kScalar,
    .linear = scalar::Linear,
    .group_sums = scalar::GroupSums,
    .linear_int8 = scalar::LinearInt8,
    .linear_bit_serial = scalar::LinearBitSerial,
    .quantise_rows = scalar::QuantiseRows,
    .to_bf16_rows = scalar::ToBf16Rows,
    .to_int16_rows = scalar::ToInt16Rows,
    .round_rows = scalar::RoundRows,
    .rms_norm = scalar::RmsNorm,
    .gated_activation = scalar::GatedActivation,
    .attention = scalar::Attention,
    .merge_attention = scalar::MergeAttention,
    .read = scalar::ReadAll};
constexpr KernelTable kAvx2Kernels = {
    .isa = Isa::kAvx2,
    .linear = avx2::Linear,
    .group_sums = avx2::GroupSums,
    .linear_int8 = avx2::LinearInt8,
    .linear_bit_serial = avx2::LinearBitSerial,
    .quantise_rows = avx2::QuantiseRows,
    .to_bf16_rows = avx2::ToBf16Rows,
    .to_int16_rows = avx2::ToInt16Rows,
    .round_rows = avx2::RoundRows,
    .rms_norm = avx2::RmsNorm,
    .gated_activation = avx2::GatedActivation,
    .attention = avx2::Attention,
    .merge_attention = avx2::MergeAttention,
    .read = avx2::ReadAll,
    .peak_f32 = avx2::PeakF32,
    .peak_int8 = avx2::PeakInt8};
// Before VNNI, VPOPCNTDQ and BF16: integer products as AVX2 does them.
constexpr KernelTable kAvx512Kernels = {
    .isa = Isa::kAvx512,
    .linear = avx512::Linear,
    .group_sums = avx512::GroupSums,
    .linear_int8 = avx2::LinearInt8,
    .linear_bit_serial = avx2::LinearBitSerial,
    .quantise_rows = avx2::QuantiseRows,
    .to_bf16_rows = avx2::ToBf16Rows,
    .to_int16_rows = avx2::ToInt16Rows,
    .round_rows = avx2::RoundRows,
    .rms_norm = avx512::RmsNorm,
    .gated_activation = avx512::GatedActivation,
    .attention = avx512::Attention,
    .merge_attention = avx512::MergeAttention,
    .read = avx512::ReadAll,
    .peak_f32 = avx512::PeakF32,
    .peak_int8 = avx2::PeakInt8};

constexpr Isa kAllIsas[] = {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAmx};

// The features that `isa` needs and `cpu` lacks: "amx_tile amx_int8".
std::string IsaLacks(const CpuFeatures& cpu, Isa isa) {
  const struct {
    Isa isa;  // this one and those that are wider need it
    bool has;
    const char* name;
  } needs[] = {
      {Isa::kAvx2, cpu.avx2, "avx2"},
      {Isa::kAvx2, cpu.fma, "fma"},
      {Isa::kAvx2, cpu.f16c, "f16c"},
      {Isa::kAvx512, cpu.avx512f, "avx512f"},
      {Isa::kAvx512, cpu.avx512bw, "avx512bw"},
      {Isa::kAvx512, cpu.avx512dq, "avx512dq"},
      {Isa::kAvx512, cpu.avx512vl, "avx512vl"},
      {Isa::kAmx, cpu.avx512_vnni, "avx512_vnni"},
      {Isa::kAmx, cpu.avx512_bf16, "avx512_bf16"},
      {Isa::kAmx, cpu.amx_tile, "amx_tile"},
      {Isa::kAmx, cpu.amx_int8, "amx_int8"},
      {Isa::kAmx, cpu.amx_bf16, "amx_bf16"},
  };
  std::string lacks;
  for (const auto& need : needs) {
    if (need.isa > isa || need.has) continue;
    if (!lacks.empty()) lacks += ' ';
    lacks += need.name;
  }
  return lacks;
}

Isa WidestIsa(const CpuFeatures& cpu) {
  Isa widest = Isa::kScalar;
  for (Isa isa : kAllIsas) {
    if (Supports(cpu, isa)) widest = isa;
  }
  return widest;
}

KernelTable Avx512Kernels(const CpuFeatures& cpu) {
  KernelTable table = kAvx512Kernels;
  if (cpu.avx512_vnni) {
    table.linear_int8 = avx512::LinearInt8;
    table.peak_int8 = avx512::PeakInt8;
    table.peak_int16 = avx512::PeakInt16;
  }
  if (cpu.avx512_vpopcntdq) {
    table.linear_bit_serial = avx512::LinearBitSerial;
  }
  if (cpu.avx512_bf16) {
    table.linear_bf16 = avx512::LinearBf16;
    table.attention_bf16 = avx512::AttentionBf16;
    table.peak_bf16 = avx512::PeakBf16;
  }
  // Intel's cores add products of bfloat16 pairs at half the rate of float32's
  // multiply-adds, and of integer pairs at twice that rate.
  if (cpu.vendor == "GenuineIntel") {
    table.attention_bf16 = nullptr;
    if (cpu.avx512_vnni) table.linear_int16 = avx512::LinearInt16;
  }
  return table;
}

// Tiles multiply with weights; the rest is vectors' work.
KernelTable AmxKernels(const CpuFeatures& cpu) {
  KernelTable table = Avx512Kernels(cpu);
  table.isa = Isa::kAmx;
  table.linear_int8 = amx::LinearInt8;
  table.linear_bf16 = amx::LinearBf16;
  table.linear_int16 = nullptr;
  table.peak_int8 = amx::PeakInt8;
  table.peak_bf16 = amx::PeakBf16;
  return table;
}

}  // namespace

std::string_view IsaName(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return "scalar";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAmx:
      return "amx";
  }
  return "unknown";
}

std::optional<Isa> ParseIsa(std::string_view name) {
  for (Isa isa : kAllIsas) {
    if (name == IsaName(isa)) return isa;
  }
  return std::nullopt;
}

bool Supports(const CpuFeatures& cpu, Isa isa) {
  return IsaLacks(cpu, isa).empty();
}

std::string WhyNot(const CpuFeatures& cpu, Isa isa) {
  std::string why = "ISA ";
  why += IsaName(isa);
  why += " needs " + IsaLacks(cpu, isa) + ", which this CPU (" + cpu.brand +
         ") lacks or its system does not allow; the widest here is ";
  why += IsaName(WidestIsa(cpu));
  return why;
}

std::optional<KernelTable> ChooseKernels(const CpuFeatures& cpu,
                                         std::optional<Isa> isa) {
  const Isa chosen = isa.value_or(WidestIsa(cpu));
  if (!Supports(cpu, chosen)) return std::nullopt;
  if (chosen == Isa::kAmx) return AmxKernels(cpu);
  if (chosen == Isa::kAvx512) return Avx512Kernels(cpu);
  if (chosen == Isa::kAvx2) return kAvx2Kernels;
  return kScalarKernels;
}

Numerics DefaultNumerics(const KernelTable& kernels) {
  return kernels.linear_bf16 != nullptr ? Numerics::kBf16 : Numerics::kF32;
}

}  // namespace mj
