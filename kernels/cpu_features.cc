#include "kernels/cpu_features.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace mj {
namespace {

struct Registers {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers Cpuid(uint32_t leaf, uint32_t subleaf = 0) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

bool Bit(uint32_t word, int index) { return (word >> index) & 1; }

// The register states the operating system saves: 0 without OSXSAVE.
uint64_t ReadXcr0(const Registers& leaf1) {
  if (!Bit(leaf1.ecx, 27)) return 0;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t{high} << 32) | low;
}

// Tile data is 8 KB that Linux saves only for processes that asked (since
// 5.16): arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILE_DATA).
bool MayUseTiles() {
  constexpr int kRequestPermission = 0x1023;
  constexpr int kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

void ReadIdentity(const Registers& leaf1, CpuFeatures& cpu) {
  const int family = (leaf1.eax >> 8) & 15;
  const int model = (leaf1.eax >> 4) & 15;
  cpu.family = family == 15 ? family + ((leaf1.eax >> 20) & 255) : family;
  const bool extended = family == 15 || family == 6;
  cpu.model = extended ? model | ((leaf1.eax >> 12) & 0xF0) : model;
}

std::string ReadVendor() {
  const Registers leaf0 = Cpuid(0);
  const uint32_t words[] = {leaf0.ebx, leaf0.edx, leaf0.ecx};
  char text[sizeof words + 1] = {};
  std::memcpy(text, words, sizeof words);
  return text;
}

std::string ReadBrand() {
  if (Cpuid(0x80000000).eax < 0x80000004) return "";
  char text[49] = {};
  for (uint32_t i = 0; i < 3; ++i) {
    const Registers r = Cpuid(0x80000002 + i);
    std::memcpy(text + 16 * i, &r, 16);
  }
  const std::string brand = text;
  const size_t first = brand.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return brand.substr(first, brand.find_last_not_of(' ') - first + 1);
}

}  // namespace

CpuFeatures ReadCpuFeatures() {
  CpuFeatures cpu;
  const Registers leaf1 = Cpuid(1);
  ReadIdentity(leaf1, cpu);
  cpu.vendor = ReadVendor();
  cpu.brand = ReadBrand();
  const uint64_t xcr0 = ReadXcr0(leaf1);
  const bool ymm = (xcr0 & 0x6) == 0x6;
  const bool zmm = (xcr0 & 0xE6) == 0xE6;
  const Registers leaf7 = Cpuid(7);
  const bool tiles =
      (xcr0 & 0x60000) == 0x60000 && Bit(leaf7.edx, 24) && MayUseTiles();
  const Registers leaf7_1 = Cpuid(7, 1);
  cpu.fma = ymm && Bit(leaf1.ecx, 12);
  cpu.f16c = ymm && Bit(leaf1.ecx, 29);
  cpu.avx2 = ymm && Bit(leaf7.ebx, 5);
  cpu.avx_vnni = ymm && Bit(leaf7_1.eax, 4);
  cpu.avx512f = zmm && Bit(leaf7.ebx, 16);
  cpu.avx512dq = zmm && Bit(leaf7.ebx, 17);
  cpu.avx512bw = zmm && Bit(leaf7.ebx, 30);
  cpu.avx512vl = zmm && Bit(leaf7.ebx, 31);
  cpu.avx512_vnni = zmm && Bit(leaf7.ecx, 11);
  cpu.avx512_vpopcntdq = zmm && Bit(leaf7.ecx, 14);
  cpu.avx512_bf16 = zmm && Bit(leaf7_1.eax, 5);
  cpu.amx_bf16 = tiles && Bit(leaf7.edx, 22);
  cpu.amx_tile = tiles && Bit(leaf7.edx, 24);
  cpu.amx_int8 = tiles && Bit(leaf7.edx, 25);
  return cpu;
}

std::string DescribeFeatures(const CpuFeatures& cpu) {
  const struct {
    bool set;
    const char* name;
  } flags[] = {
      {cpu.avx2, "avx2"},
      {cpu.fma, "fma"},
      {cpu.f16c, "f16c"},
      {cpu.avx512f, "avx512f"},
      {cpu.avx512bw, "avx512bw"},
      {cpu.avx512dq, "avx512dq"},
      {cpu.avx512vl, "avx512vl"},
      {cpu.avx512_vnni, "avx512_vnni"},
      {cpu.avx512_bf16, "avx512_bf16"},
      {cpu.avx512_vpopcntdq, "avx512_vpopcntdq"},
      {cpu.avx_vnni, "avx_vnni"},
      {cpu.amx_tile, "amx_tile"},
      {cpu.amx_int8, "amx_int8"},
      {cpu.amx_bf16, "amx_bf16"},
  };
  std::string text;
  for (const auto& flag : flags) {
    if (!flag.set) continue;
    if (!text.empty()) text += ' ';
    text += flag.name;
  }
  return text.empty() ? "none" : text;
}

}  // namespace mj
