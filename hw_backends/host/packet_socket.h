// Sockets between processes of one host that keep packets apart (AF_UNIX,
// SOCK_SEQPACKET).
#ifndef MILLIJOULE_HW_BACKENDS_HOST_PACKET_SOCKET_H_
#define MILLIJOULE_HW_BACKENDS_HOST_PACKET_SOCKET_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/quantities.h"

namespace mj {

// Owns a descriptor; closed on exec. One thread. Errors: UNAVAILABLE when the
// other side is gone, DEADLINE_EXCEEDED.
class PacketSocket final {
 public:
  static constexpr size_t kMaxPacket = 1 << 16;  // bytes

  explicit PacketSocket(int fd) : fd_(fd) {}
  PacketSocket(PacketSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)) {}
  PacketSocket& operator=(PacketSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~PacketSocket();

  static absl::StatusOr<std::pair<PacketSocket, PacketSocket>> Pair();
  static absl::StatusOr<PacketSocket> Connect(const std::string& path);
  // Replaces a socket that nobody listens on any more; only `owner` (and root)
  // may connect.
  static absl::StatusOr<PacketSocket> Listen(const std::string& path,
                                             uid_t owner);
  absl::StatusOr<PacketSocket> Accept() const;

  int fd() const { return fd_; }
  // Waits for nothing: UNAVAILABLE when the other side lets packets pile up.
  absl::Status Send(std::string_view packet) const;
  // DATA_LOSS: a packet above kMaxPacket, of which nothing is kept.
  absl::StatusOr<std::string> Receive(Seconds timeout) const;

  struct Peer {
    pid_t process = 0;
    uid_t user = 0;
  };
  // Who connected, or made the pair.
  absl::StatusOr<Peer> ReadPeer() const;

 private:
  int fd_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_PACKET_SOCKET_H_
