// Runs a test's body in a process of its own, on a disk that can be full.
#ifndef MILLIJOULE_TESTS_FAKES_SMALL_DISK_H_
#define MILLIJOULE_TESTS_FAKES_SMALL_DISK_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

namespace mj {

// The body's failures are printed, and fail the caller.
inline void InChildProcess(const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    body();
    std::fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "see what the child process printed";
}

// A child process's own: a tmpfs of 1 MiB over `folder` where this process may
// mount one, else a limit on the size of its files.
class SmallDisk final {
 public:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {
    signal(SIGXFSZ, SIG_IGN);
    mounted_ = unshare(CLONE_NEWNS) == 0 &&
               mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=1m") == 0;
  }
  bool mounted() const { return mounted_; }

  // Leaves no room to what is not there yet.
  void Fill() const {
    if (!mounted_) return Limit(1 << 16);
    const int file =
        open((folder_ + "/filler").c_str(), O_WRONLY | O_CREAT, 0600);
    ASSERT_GE(file, 0);
    const std::string page(4096, 'x');
    while (write(file, page.data(), page.size()) > 0) {
    }
    close(file);
  }
  void MakeRoom() const {
    if (!mounted_) return Limit(RLIM_INFINITY);
    ASSERT_EQ(std::remove((folder_ + "/filler").c_str()), 0);
  }

  // Whether anything may be written. REQUIRES: no file is open for writing.
  void SetReadOnly(bool read_only) const {
    if (!mounted_) {
      ASSERT_EQ(chmod(folder_.c_str(), read_only ? 0500 : 0700), 0);
      return;
    }
    const unsigned long flags = MS_REMOUNT | (read_only ? MS_RDONLY : 0);
    ASSERT_EQ(mount("tmpfs", folder_.c_str(), "tmpfs", flags, "size=1m"), 0);
  }

 private:
  static void Limit(rlim_t bytes) {
    rlimit limit = {};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }

  const std::string folder_;
  bool mounted_ = false;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_SMALL_DISK_H_
