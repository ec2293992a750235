#include "engine/energy/ledger_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

class LedgerLockTest : public testing::Test {
 protected:
  const TempFolder folder_;
  const std::string ledger_ = folder_.path() + "/energy.db";
};

TEST_F(LedgerLockTest, OneHasItUntilItIsGone) {
  {
    absl::StatusOr<LedgerLock> first = LedgerLock::Take(ledger_);
    ASSERT_TRUE(first.ok()) << first.status();
    const absl::Status second = LedgerLock::Take(ledger_).status();
    EXPECT_TRUE(absl::IsAlreadyExists(second));
    EXPECT_THAT(std::string(second.message()),
                HasSubstr(absl::StrCat(ledger_, " is kept by process ",
                                       getpid(), ", ")));
    const LedgerLock moved = *std::move(first);
    EXPECT_FALSE(LedgerLock::Take(ledger_).ok());
    EXPECT_TRUE(LedgerLock::Take(folder_.path() + "/other.db").ok());
  }
  EXPECT_TRUE(LedgerLock::Take(ledger_).ok());
}

TEST_F(LedgerLockTest, AKilledProcessHasItNoMore) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t holder = fork();
  if (holder == 0) {
    const auto lock = LedgerLock::Take(ledger_);
    if (write(ready[1], lock.ok() ? "y" : "n", 1) != 1) _exit(1);
    while (true) pause();
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_THAT(std::string(LedgerLock::Take(ledger_).status().message()),
              HasSubstr(absl::StrCat("process ", holder)));
  ASSERT_EQ(kill(holder, SIGKILL), 0);
  ASSERT_EQ(waitpid(holder, nullptr, 0), holder);
  EXPECT_TRUE(LedgerLock::Take(ledger_).ok());
}

TEST_F(LedgerLockTest, AFolderThatIsNotThereIsNamed) {
  const absl::Status status =
      LedgerLock::Take(folder_.path() + "/none/energy.db").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("/none/energy.db.lock"));
}

}  // namespace
}  // namespace mj
