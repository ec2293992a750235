// What this CPU can execute, as plain data, so that every choice made from it
// can be tested on any host.
#ifndef MILLIJOULE_KERNELS_CPU_FEATURES_H_
#define MILLIJOULE_KERNELS_CPU_FEATURES_H_

#include <string>

namespace mj {

// A flag is set only where the CPU has the instructions *and* the operating
// system saves their registers (XCR0; for tiles it also grants their use).
struct CpuFeatures {
  bool avx2 = false;
  bool fma = false;
  bool f16c = false;
  bool avx512f = false;
  bool avx512bw = false;
  bool avx512dq = false;
  bool avx512vl = false;
  bool avx512_vnni = false;
  bool avx512_bf16 = false;
  bool avx512_vpopcntdq = false;
  bool avx_vnni = false;
  bool amx_tile = false;
  bool amx_int8 = false;
  bool amx_bf16 = false;
  std::string vendor;  // "GenuineIntel", "AuthenticAMD"
  int family = 0;
  int model = 0;
  std::string brand;  // "AMD EPYC 7763 64-Core Processor"; may be empty
};

// Reads CPUID and XCR0 (x86-64 only, as this project is). Where the CPU has
// tiles, asks Linux to let this process use them.
CpuFeatures ReadCpuFeatures();

// The names of the set flags, "avx2 fma f16c"; "none" where none is set.
std::string DescribeFeatures(const CpuFeatures& cpu);

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_CPU_FEATURES_H_
