#include "hw_backends/host/helper/run_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mj {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxState = 1 << 20;  // bytes; 1000 policies take half of it
constexpr auto kRetry = std::chrono::milliseconds(20);

// Whoever may write here tells a privileged process what to write elsewhere.
absl::Status CheckOwner(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return absl::ErrnoToStatus(errno, path);
  if (S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
      (info.st_mode & (S_IWGRP | S_IWOTH)) == 0) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      absl::StrCat(path, " must be a folder of user ", geteuid(),
                   " into which nobody else may write"));
}

struct Holder {
  pid_t helper = 0, client = 0;
};

Holder ReadHolder(int lock) {
  char text[64] = "";
  const ssize_t size = pread(lock, text, sizeof(text) - 1, 0);
  Holder holder;
  const std::pair<std::string, std::string> words = absl::StrSplit(
      absl::string_view(text, size > 0 ? static_cast<size_t>(size) : 0),
      absl::MaxSplits(' ', 1));
  if (!absl::SimpleAtoi(words.first, &holder.helper)) holder.helper = 0;
  if (!absl::SimpleAtoi(words.second, &holder.client)) holder.client = 0;
  return holder;
}

bool IsAlive(pid_t process) {
  return process > 0 && (kill(process, 0) == 0 || errno != ESRCH);
}

absl::Status Held(const std::string& lock_path, const Holder& holder) {
  return absl::AlreadyExistsError(absl::StrCat(
      "the actuators of this host are ",
      holder.client > 0 ? absl::StrCat("leased to process ", holder.client)
                        : std::string("kept for another server"),
      " by helper ", holder.helper, " (", lock_path,
      "): end that server, or run this one without control"));
}

}  // namespace

absl::StatusOr<RunFolder> RunFolder::Open(const std::string& path,
                                          Seconds patience) {
  std::error_code error;
  if (fs::create_directories(path, error)) {
    fs::permissions(path, fs::perms(0755), error);
  }
  if (absl::Status owner = CheckOwner(path); !owner.ok()) return owner;
  const std::string lock_path = path + "/actuator.lock";
  const int fd =
      open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return absl::ErrnoToStatus(errno, lock_path);
  RunFolder folder(path, fd);
  const auto until = std::chrono::steady_clock::now() + patience;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const Holder holder = ReadHolder(fd);
    if (IsAlive(holder.client) || std::chrono::steady_clock::now() >= until) {
      return Held(lock_path, holder);
    }
    std::this_thread::sleep_for(kRetry);
  }
  if (absl::Status wrote = folder.WriteHolder(0); !wrote.ok()) return wrote;
  return folder;
}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunFolder::~RunFolder() {
  if (lock_ >= 0) close(lock_);
}

absl::Status RunFolder::WriteHolder(pid_t client) {
  const std::string text = absl::StrCat(getpid(), " ", client, "\n");
  if (ftruncate(lock_, 0) == 0 && pwrite(lock_, text.data(), text.size(), 0) ==
                                      static_cast<ssize_t>(text.size())) {
    return absl::OkStatus();
  }
  return absl::ErrnoToStatus(errno, absl::StrCat(path_, "/actuator.lock"));
}

absl::Status RunFolder::SaveState(std::string_view text) {
  const std::string next = state_path() + ".next";
  const int fd =
      open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
           0600);
  if (fd < 0) return absl::ErrnoToStatus(errno, next);
  const absl::Cleanup closer = [fd] { close(fd); };
  const ssize_t size = write(fd, text.data(), text.size());
  if (size != static_cast<ssize_t>(text.size())) {
    return absl::ErrnoToStatus(size < 0 ? errno : ENOSPC, next);
  }
  if (rename(next.c_str(), state_path().c_str()) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, state_path());
}

absl::StatusOr<std::optional<std::string>> RunFolder::LoadState() const {
  const int fd = open(state_path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return std::nullopt;
  if (fd < 0) return absl::ErrnoToStatus(errno, state_path());
  const absl::Cleanup closer = [fd] { close(fd); };
  std::string text(kMaxState, '\0');
  const ssize_t size = read(fd, text.data(), text.size());
  if (size < 0) return absl::ErrnoToStatus(errno, state_path());
  text.resize(static_cast<size_t>(size));
  return std::optional(std::move(text));
}

absl::Status RunFolder::ClearState() {
  if (unlink(state_path().c_str()) == 0 || errno == ENOENT) {
    return absl::OkStatus();
  }
  return absl::ErrnoToStatus(errno, state_path());
}

}  // namespace mj
