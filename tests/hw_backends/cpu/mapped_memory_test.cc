#include "hw_backends/cpu/mapped_memory.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mj {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

// Whether memory that asks for 2 MB pages is aligned, zero and writable.
bool Works() {
  constexpr size_t kBytes = 3 * kHugePage + 5;
  const auto memory = MappedMemory::Map(kBytes, /*huge_pages=*/true);
  if (!memory.ok() || memory->size() != kBytes) return false;
  if (reinterpret_cast<uintptr_t>(memory->data()) % kHugePage != 0) {
    return false;
  }
  const auto is_zero = [](std::byte b) { return b == std::byte{0}; };
  if (!std::all_of(memory->data(), memory->data() + kBytes, is_zero)) {
    return false;
  }
  std::memset(memory->data(), 7, kBytes);
  return memory->data()[kBytes - 1] == std::byte{7};
}

// Every later call of this process fails with EPERM; false: not possible here.
bool RefuseMadvise() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{std::size(filter), filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(MappedMemoryTest, IsAlignedZeroAndWritable) { EXPECT_TRUE(Works()); }

TEST(MappedMemoryTest, WorksWhereHugePagesAreOff) {
  EXPECT_EXIT(
      {
        const bool off = prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0;
        _exit(off && Works() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(MappedMemoryTest, WorksWhereMadviseIsRefused) {
  EXPECT_EXIT(_exit(RefuseMadvise() && Works() ? 0 : 1),
              testing::ExitedWithCode(0), "");
}

TEST(MappedMemoryTest, RefusesWhatNoSystemHas) {
  EXPECT_EQ(MappedMemory::Map(SIZE_MAX, true).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ArenaTest, PiecesAreAlignedAndApart) {
  Arena arena;
  std::byte* const first = *arena.Allocate(100);
  std::byte* const second = *arena.Allocate(1);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0u);
  EXPECT_EQ(second - first, 128);
  EXPECT_FALSE(arena.Allocate(SIZE_MAX).ok());
  EXPECT_NE(*arena.Allocate(size_t{100} << 20), nullptr);
}

}  // namespace
}  // namespace mj
