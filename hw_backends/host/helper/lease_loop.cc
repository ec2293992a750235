#include "hw_backends/host/helper/lease_loop.h"

#include <poll.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

// More than servers that are tried by mistake; the next waits in the backlog.
constexpr size_t kMaxConnections = 16;

}  // namespace

LeaseLoop::LeaseLoop(LeaseDesk& desk, const Clock& clock, int stop,
                     LeaseLoopOptions options)
    : desk_(desk), clock_(clock), stop_(stop), options_(std::move(options)) {}

void LeaseLoop::ServeOne(PacketSocket client) {
  Add(std::move(client));
  while (!connections_.empty() && Poll(nullptr)) {
  }
  while (!connections_.empty()) Close(connections_.begin(), "told to stop");
}

void LeaseLoop::ServeAll(const PacketSocket& listener) {
  while (Poll(&listener)) {
  }
  while (!connections_.empty()) Close(connections_.begin(), "told to stop");
}

bool LeaseLoop::Poll(const PacketSocket* listener) {
  std::vector<pollfd> fds = {{.fd = stop_, .events = POLLIN}};
  const bool accepts =
      listener != nullptr && connections_.size() < kMaxConnections;
  fds.push_back({.fd = accepts ? listener->fd() : -1, .events = POLLIN});
  for (const Connection& connection : connections_) {
    fds.push_back({.fd = connection.socket.fd(), .events = POLLIN});
  }
  if (poll(fds.data(), fds.size(), MillisecondsToNextDeadline()) < 0) {
    return true;  // interrupted
  }
  if (fds[0].revents != 0) return false;
  size_t i = 2;
  for (auto it = connections_.begin(); it != connections_.end(); ++i) {
    const auto connection = it++;
    if (fds[i].revents != 0 && !Serve(*connection)) {
      Close(connection, "it has gone");
    }
  }
  CloseSilent();
  if (fds[1].revents != 0) {
    absl::StatusOr<PacketSocket> accepted = listener->Accept();
    if (accepted.ok()) Add(*std::move(accepted));
  }
  return true;
}

void LeaseLoop::Add(PacketSocket socket) {
  const absl::StatusOr<PacketSocket::Peer> peer = socket.ReadPeer();
  if (!peer.ok() || (peer->user != 0 && peer->user != options_.client_user)) {
    options_.log(absl::StrCat("refused process ", peer.ok() ? peer->process : 0,
                              ": only root and "
                              "user ",
                              options_.client_user, " may connect"));
    return;
  }
  connections_.push_back({.socket = std::move(socket),
                          .client = {next_connection_++, peer->process},
                          .last_heard = clock_.Now()});
}

bool LeaseLoop::Serve(Connection& connection) {
  const absl::StatusOr<std::string> packet =
      connection.socket.Receive(Seconds(0));
  if (!packet.ok()) return false;
  const std::string reply = desk_.Answer(connection.client, *packet);
  // After the answer: acting may have taken its time, which is not silence.
  connection.last_heard = clock_.Now();
  return connection.socket.Send(reply).ok();
}

void LeaseLoop::Close(std::list<Connection>::iterator connection,
                      const std::string& why) {
  const absl::Status restored = desk_.Leave(connection->client.connection);
  if (!restored.ok()) {
    options_.log(absl::StrCat("process ", connection->client.process, ", ", why,
                              ": ", std::string(restored.message())));
  }
  connections_.erase(connection);
}

void LeaseLoop::CloseSilent() {
  const Seconds now = clock_.Now();
  for (auto it = connections_.begin(); it != connections_.end();) {
    const auto connection = it++;
    if (now - connection->last_heard <= options_.heartbeat) continue;
    options_.log(absl::StrCat("process ", connection->client.process,
                              " was silent for ", options_.heartbeat.count(),
                              " s and is disconnected"));
    Close(connection, "it was silent");
  }
}

int LeaseLoop::MillisecondsToNextDeadline() const {
  if (connections_.empty()) return -1;
  Seconds first = connections_.front().last_heard;
  for (const Connection& connection : connections_) {
    first = std::min(first, connection.last_heard);
  }
  const Seconds left = first + options_.heartbeat - clock_.Now();
  return static_cast<int>(std::ceil(std::max(0.0, left.count()) * 1000)) + 1;
}

}  // namespace mj
