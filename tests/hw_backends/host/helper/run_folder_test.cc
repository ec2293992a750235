#include "hw_backends/host/helper/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

constexpr Seconds kNoPatience(0);

TEST(RunFolderTest, OnlyOneHasIt) {
  const TempFolder temp;
  const std::string path = temp.path() + "/a/b";
  {
    auto folder = RunFolder::Open(path, kNoPatience);
    ASSERT_TRUE(folder.ok()) << folder.status();
    ASSERT_TRUE(folder->WriteHolder(getppid()).ok());
    const absl::Status held = RunFolder::Open(path, Seconds(60)).status();
    EXPECT_TRUE(absl::IsAlreadyExists(held)) << "at once: the holder lives";
    EXPECT_THAT(std::string(held.message()),
                HasSubstr(absl::StrCat("leased to process ", getppid(),
                                       " by helper ", getpid())));
  }
  EXPECT_TRUE(RunFolder::Open(path, kNoPatience).ok());
}

TEST(RunFolderTest, WaitsForAHelperWhoseServerHasEnded) {
  const TempFolder temp;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t other = fork();
  if (other == 0) {
    const auto folder = RunFolder::Open(temp.path(), kNoPatience);
    if (write(ready[1], "y", 1) != 1) _exit(1);
    usleep(50000);  // restores
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_TRUE(RunFolder::Open(temp.path(), Seconds(60)).ok());
  waitpid(other, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
}

TEST(RunFolderTest, KeepsTheStateUntilItIsCleared) {
  const TempFolder temp;
  {
    auto folder = RunFolder::Open(temp.path(), kNoPatience);
    EXPECT_EQ(folder->LoadState().value(), std::nullopt);
    ASSERT_TRUE(folder->SaveState("first").ok());
    ASSERT_TRUE(folder->SaveState("second\nline").ok());
  }
  auto folder = RunFolder::Open(temp.path(), kNoPatience);
  EXPECT_EQ(folder->LoadState().value(), "second\nline");
  EXPECT_TRUE(folder->ClearState().ok());
  EXPECT_EQ(folder->LoadState().value(), std::nullopt);
  EXPECT_TRUE(folder->ClearState().ok()) << "nothing is there to clear";
}

TEST(RunFolderTest, RefusesWhatOthersMayChange) {
  const TempFolder temp;
  std::filesystem::permissions(temp.path(), std::filesystem::perms::all);
  EXPECT_TRUE(absl::IsPermissionDenied(
      RunFolder::Open(temp.path(), kNoPatience).status()));
  std::filesystem::permissions(temp.path(), std::filesystem::perms::owner_all);
  const std::string link = temp.path() + "/link";
  std::filesystem::create_directory_symlink(temp.path(), link);
  EXPECT_TRUE(
      absl::IsPermissionDenied(RunFolder::Open(link, kNoPatience).status()));
  EXPECT_FALSE(RunFolder::Open("/proc/none/here", kNoPatience).ok());
}

}  // namespace
}  // namespace mj
