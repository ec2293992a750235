#include "kernels/kernel_table.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

CpuFeatures Avx2Cpu() {
  CpuFeatures cpu;
  cpu.avx2 = cpu.fma = cpu.f16c = true;
  return cpu;
}

CpuFeatures Avx512Cpu() {
  CpuFeatures cpu = Avx2Cpu();
  cpu.avx512f = cpu.avx512bw = cpu.avx512dq = cpu.avx512vl = true;
  return cpu;
}

CpuFeatures AmxCpu() {
  CpuFeatures cpu = Avx512Cpu();
  cpu.avx512_vnni = cpu.avx512_bf16 = true;
  cpu.amx_tile = cpu.amx_int8 = cpu.amx_bf16 = true;
  return cpu;
}

CpuFeatures Without(CpuFeatures cpu, bool CpuFeatures::*flag) {
  cpu.*flag = false;
  return cpu;
}

struct ChoiceCase {
  const char* name;
  CpuFeatures cpu;
  std::optional<Isa> asked;
  std::optional<Isa> want;
};

TEST(KernelTableTest, ChoosesTheWidestOrTheOneAskedFor) {
  const ChoiceCase cases[] = {
      {"old CPU", {}, std::nullopt, Isa::kScalar},
      {"old CPU, avx2", {}, Isa::kAvx2, std::nullopt},
      {"avx2", Avx2Cpu(), std::nullopt, Isa::kAvx2},
      {"avx2, scalar", Avx2Cpu(), Isa::kScalar, Isa::kScalar},
      {"avx2, avx512", Avx2Cpu(), Isa::kAvx512, std::nullopt},
      {"no fma", Without(Avx2Cpu(), &CpuFeatures::fma), std::nullopt,
       Isa::kScalar},
      {"no f16c", Without(Avx2Cpu(), &CpuFeatures::f16c), Isa::kAvx2,
       std::nullopt},
      {"avx512", Avx512Cpu(), std::nullopt, Isa::kAvx512},
      {"avx512, avx2", Avx512Cpu(), Isa::kAvx2, Isa::kAvx2},
      {"no avx512vl", Without(Avx512Cpu(), &CpuFeatures::avx512vl),
       std::nullopt, Isa::kAvx2},
      {"amx", AmxCpu(), std::nullopt, Isa::kAmx},
      {"amx, avx512", AmxCpu(), Isa::kAvx512, Isa::kAvx512},
      {"no tiles", Without(AmxCpu(), &CpuFeatures::amx_tile), std::nullopt,
       Isa::kAvx512},
      {"avx512, amx", Avx512Cpu(), Isa::kAmx, std::nullopt},
  };
  for (const ChoiceCase& c : cases) {
    const std::optional<KernelTable> got = ChooseKernels(c.cpu, c.asked);
    ASSERT_EQ(got.has_value(), c.want.has_value()) << c.name;
    if (!got) continue;
    EXPECT_EQ(got->isa, *c.want) << c.name;
    EXPECT_NE(got->linear, nullptr) << c.name;
  }
}

TEST(KernelTableTest, SaysWhatAnIsaLacks) {
  CpuFeatures cpu = Avx512Cpu();
  cpu.brand = "AMD EPYC";
  cpu.avx512_vnni = cpu.avx512_bf16 = true;
  EXPECT_EQ(WhyNot(cpu, Isa::kAmx),
            "ISA amx needs amx_tile amx_int8 amx_bf16, which this CPU (AMD "
            "EPYC) lacks or its system does not allow; the widest here is "
            "avx512");
}

TEST(KernelTableTest, DefaultNumericsFollowTheDotProducts) {
  EXPECT_EQ(DefaultNumerics(*ChooseKernels(Avx2Cpu(), std::nullopt)),
            Numerics::kF32);
  EXPECT_EQ(DefaultNumerics(*ChooseKernels(Avx512Cpu(), std::nullopt)),
            Numerics::kF32);
  EXPECT_EQ(DefaultNumerics(*ChooseKernels(AmxCpu(), Isa::kAvx512)),
            Numerics::kBf16);
  EXPECT_EQ(DefaultNumerics(*ChooseKernels(AmxCpu(), std::nullopt)),
            Numerics::kBf16);
  EXPECT_EQ(DefaultNumerics(*ChooseKernels(AmxCpu(), Isa::kAvx2)),
            Numerics::kF32);
}

TEST(KernelTableTest, Bfloat16StandsAsIntegersWhereThoseAreFaster) {
  CpuFeatures cpu = Avx512Cpu();
  cpu.avx512_vnni = cpu.avx512_bf16 = true;
  EXPECT_EQ(ChooseKernels(cpu, std::nullopt)->linear_int16, nullptr);
  cpu.vendor = "GenuineIntel";
  EXPECT_NE(ChooseKernels(cpu, std::nullopt)->linear_int16, nullptr);
  cpu = AmxCpu();
  cpu.vendor = "GenuineIntel";
  EXPECT_EQ(ChooseKernels(cpu, std::nullopt)->linear_int16, nullptr);
}

TEST(KernelTableTest, NamesAreReadBack) {
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
    EXPECT_EQ(ParseIsa(IsaName(isa)), isa);
  }
  EXPECT_EQ(ParseIsa("sse9"), std::nullopt);
}

TEST(CpuFeaturesTest, SetsNoFlagWithoutItsBasis) {
  const CpuFeatures cpu = ReadCpuFeatures();
  EXPECT_TRUE(cpu.avx512f || !cpu.avx512_vnni);
  EXPECT_TRUE(cpu.amx_tile || !cpu.amx_int8);
  EXPECT_GT(cpu.family, 0);
  EXPECT_EQ(DescribeFeatures(CpuFeatures{}), "none");
}

}  // namespace
}  // namespace mj
