#include "engine/energy/ledger_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

// "process 1234"; one that has not written its number yet is another process.
std::string NameHolder(int fd) {
  char text[32] = "";
  const ssize_t size = pread(fd, text, sizeof(text), 0);
  const absl::string_view number = absl::StripAsciiWhitespace(
      absl::string_view(text, size > 0 ? static_cast<size_t>(size) : 0));
  return number.empty() ? "another process" : absl::StrCat("process ", number);
}

}  // namespace

absl::StatusOr<LedgerLock> LedgerLock::Take(const std::string& ledger) {
  const std::string path = ledger + ".lock";
  const int fd =
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return absl::ErrnoToStatus(errno, path);
  LedgerLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return absl::ErrnoToStatus(errno, path);
    return absl::AlreadyExistsError(absl::StrCat(
        ledger, " is kept by ", NameHolder(fd),
        ", which books all that this host's meter counts: end that server, or "
        "give this one a file of its own"));
  }
  // For people: a full disk must not keep the ledger from being read.
  const std::string number = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) == 0) {
    [[maybe_unused]] const ssize_t written =
        pwrite(fd, number.data(), number.size(), 0);
  }
  return lock;
}

LedgerLock::~LedgerLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace mj
