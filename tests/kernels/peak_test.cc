#include "kernels/peak.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/kernel_table.h"

namespace mj {
namespace {

TEST(PeakTest, ReadsEveryWord) {
  constexpr int64_t kWords = 3 * kReadStep / sizeof(uint64_t);
  alignas(64) uint64_t words[kWords];
  const CpuFeatures cpu = ReadCpuFeatures();
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
    const std::optional<KernelTable> kernels = ChooseKernels(cpu, isa);
    if (!kernels) continue;
    for (int64_t count : {kWords / 3, kWords}) {
      for (int64_t w = 0; w < count; ++w) {
        std::fill_n(words, kWords, uint64_t{0});
        words[w] = uint64_t{1} << (w % 64);
        EXPECT_EQ(kernels->read(words, count * sizeof(uint64_t)), words[w])
            << IsaName(isa) << ", word " << w << " of " << count;
      }
    }
  }
}

}  // namespace
}  // namespace mj
