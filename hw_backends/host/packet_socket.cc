#include "hw_backends/host/packet_socket.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr int kType = SOCK_SEQPACKET | SOCK_CLOEXEC;
constexpr int kBacklog = 8;  // servers that try at once: one, or a mistake

absl::StatusOr<sockaddr_un> Address(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX};
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("socket \"", path, "\": a path of 1 to ",
                     sizeof(address.sun_path) - 1, " bytes is needed"));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

absl::Status Gone(int error) {
  return absl::UnavailableError(
      absl::StrCat("the other side is gone: ", std::strerror(error)));
}

absl::StatusOr<PacketSocket> NewSocket() {
  const int fd = socket(AF_UNIX, kType, 0);
  if (fd < 0) return absl::ErrnoToStatus(errno, "making a socket");
  return PacketSocket(fd);
}

}  // namespace

PacketSocket::~PacketSocket() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<std::pair<PacketSocket, PacketSocket>> PacketSocket::Pair() {
  int fds[2];
  if (socketpair(AF_UNIX, kType, 0, fds) != 0) {
    return absl::ErrnoToStatus(errno, "making a socket pair");
  }
  return std::pair(PacketSocket(fds[0]), PacketSocket(fds[1]));
}

absl::StatusOr<PacketSocket> PacketSocket::Connect(const std::string& path) {
  const absl::StatusOr<sockaddr_un> address = Address(path);
  if (!address.ok()) return address.status();
  absl::StatusOr<PacketSocket> made = NewSocket();
  if (!made.ok()) return made.status();
  if (connect(made->fd(), reinterpret_cast<const sockaddr*>(&*address),
              sizeof(*address)) == 0) {
    return made;
  }
  if (errno == ECONNREFUSED || errno == ENOENT) {
    return absl::UnavailableError(
        absl::StrCat("nobody listens on ", path, ": ", std::strerror(errno)));
  }
  return absl::ErrnoToStatus(errno, absl::StrCat("connecting to ", path));
}

absl::StatusOr<PacketSocket> PacketSocket::Listen(const std::string& path,
                                                  uid_t owner) {
  const absl::StatusOr<sockaddr_un> address = Address(path);
  if (!address.ok()) return address.status();
  if (Connect(path).ok()) {
    return absl::AlreadyExistsError(
        absl::StrCat("another process listens on ", path));
  }
  absl::StatusOr<PacketSocket> made = NewSocket();
  if (!made.ok()) return made.status();
  unlink(path.c_str());
  // bind() gives the file the socket's own permissions.
  if (fchmod(made->fd(), 0600) != 0 ||
      bind(made->fd(), reinterpret_cast<const sockaddr*>(&*address),
           sizeof(*address)) != 0 ||
      (owner != geteuid() &&
       chown(path.c_str(), owner, static_cast<gid_t>(-1)) != 0) ||
      listen(made->fd(), kBacklog) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("listening on ", path));
  }
  return made;
}

absl::StatusOr<PacketSocket> PacketSocket::Accept() const {
  const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, "accepting a connection");
  return PacketSocket(fd);
}

absl::Status PacketSocket::Send(std::string_view packet) const {
  const ssize_t sent =
      send(fd_, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? Gone(errno) : absl::OkStatus();
}

absl::StatusOr<std::string> PacketSocket::Receive(Seconds timeout) const {
  pollfd poller{.fd = fd_, .events = POLLIN};
  const int ready =
      poll(&poller, 1, static_cast<int>(std::max(0.0, timeout.count() * 1000)));
  if (ready == 0) {
    return absl::DeadlineExceededError(
        absl::StrCat("no packet within ", timeout.count(), " s"));
  }
  if (ready < 0) return absl::ErrnoToStatus(errno, "waiting for a packet");
  std::string packet(kMaxPacket, '\0');
  const ssize_t size = recv(fd_, packet.data(), packet.size(), MSG_TRUNC);
  if (size < 0) return Gone(errno);
  if (size == 0) return absl::UnavailableError("the other side has closed");
  if (static_cast<size_t>(size) > packet.size()) {
    return absl::DataLossError(
        absl::StrCat("a packet of ", size, " bytes, above ", packet.size()));
  }
  packet.resize(static_cast<size_t>(size));
  return packet;
}

absl::StatusOr<PacketSocket::Peer> PacketSocket::ReadPeer() const {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return absl::ErrnoToStatus(errno, "asking who is on the other side");
  }
  return Peer{peer.pid, peer.uid};
}

}  // namespace mj
