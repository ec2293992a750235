#include "server/service_manager.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace mj {

absl::Status ServiceManager::Tell(std::string_view state) const {
  if (socket_.empty()) return absl::OkStatus();
  sockaddr_un address{.sun_family = AF_UNIX};
  if ((socket_[0] != '/' && socket_[0] != '@') ||
      socket_.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "NOTIFY_SOCKET is '", socket_, "': a path or @name of less than ",
        sizeof(address.sun_path), " bytes is needed"));
  }
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') address.sun_path[0] = '\0';
  const auto failed = [this] {
    return absl::ErrnoToStatus(errno, absl::StrCat("NOTIFY_SOCKET ", socket_));
  };
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed();
  const absl::Cleanup closer = [fd] { close(fd); };
  const timeval patience{.tv_sec = 1};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  // An abstract name ends where the length says, not at a zero.
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const ssize_t sent =
      sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), length);
  return sent < 0 ? failed() : absl::OkStatus();
}

void ServiceManager::Progress(const EngineStats& stats, Seconds now) {
  constexpr Seconds kPeriod{1};
  if (now < next_) return;
  next_ = now + kPeriod;
  if (health_.Healthy(stats, now)) Tell("WATCHDOG=1").IgnoreError();
}

}  // namespace mj
