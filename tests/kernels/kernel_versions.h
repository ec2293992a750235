// The vector versions of the kernels that can be tested on this host.
#ifndef MILLIJOULE_TESTS_KERNELS_KERNEL_VERSIONS_H_
#define MILLIJOULE_TESTS_KERNELS_KERNEL_VERSIONS_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/kernel_table.h"
#include "tests/kernels/emulated_avx512.h"

namespace mj {

struct KernelVersion {
  std::string name;
  KernelTable kernels;
};

// Not the scalar version: it is the reference.
inline std::vector<KernelVersion> VectorVersions() {
  std::vector<KernelVersion> versions = {{"emulated_avx512", EmulatedAvx512()},
                                         {"emulated_amx", EmulatedAmx()}};
  const CpuFeatures cpu = ReadCpuFeatures();
  for (Isa isa : {Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
    if (const auto kernels = ChooseKernels(cpu, isa)) {
      versions.push_back({std::string(IsaName(isa)), *kernels});
    }
  }
  return versions;
}

inline KernelTable ScalarKernels() {
  return *ChooseKernels(CpuFeatures{}, Isa::kScalar);
}

inline std::string VersionName(
    const testing::TestParamInfo<KernelVersion>& info) {
  return info.param.name;
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_KERNELS_KERNEL_VERSIONS_H_
