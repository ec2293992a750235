#include "hw_backends/host/helper_channel.h"

#include <cassert>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr Seconds kTimeout(5);  // a driver's slowest answers take one

}  // namespace

absl::StatusOr<std::string> HelperChannel::Call(const LeaseRequest& request,
                                                Seconds timeout) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!socket_) {
    return absl::UnavailableError("the lease of the actuators has ended");
  }
  last_sent_ = clock_.Now();
  const absl::Status sent = socket_->Send(FormatRequest(request));
  const absl::StatusOr<std::string> packet =
      sent.ok() ? socket_->Receive(timeout) : sent;
  if (packet.ok()) return ParseReply(*packet);
  socket_.reset();  // a late reply would be taken for the next one's
  return absl::UnavailableError(
      absl::StrCat("the lease of the actuators is lost: ",
                   std::string(packet.status().message())));
}

absl::StatusOr<PacketSocket::Peer> HelperChannel::ReadPeer() const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!socket_) return absl::UnavailableError("the connection has ended");
  return socket_->ReadPeer();
}

void HelperChannel::Close() {
  std::lock_guard<std::mutex> lock(mutex_);
  socket_.reset();
}

void HelperChannel::Replace(HelperChannel&& next) {
  std::scoped_lock lock(mutex_, next.mutex_);
  assert(!socket_);
  socket_ = std::exchange(next.socket_, std::nullopt);
  last_sent_ = next.last_sent_;
  ++number_;
}

int HelperChannel::number() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return number_;
}

bool HelperChannel::is_open() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return socket_.has_value();
}

Seconds HelperChannel::SilentFor() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return clock_.Now() - last_sent_;
}

template <class Q>
absl::StatusOr<ActuatorReading<Q>> LeasedActuator<Q>::Read() {
  const absl::StatusOr<std::string> payload =
      channel_.Call({.verb = LeaseVerb::kRead, .name = info_.name}, kTimeout);
  if (!payload.ok()) return payload.status();
  const absl::StatusOr<std::vector<double>> numbers = ParseNumbers(*payload);
  if (!numbers.ok() || numbers->empty() || numbers->size() > 2) {
    return absl::InternalError(
        absl::StrCat(info_.name, ": the helper reads \"", *payload, "\""));
  }
  ActuatorReading<Q> reading{Q(numbers->front())};
  if (numbers->size() == 2) reading.actual = Q(numbers->back());
  // Somebody else has set it: the next Set() must not be taken for done.
  if (last_ && last_->achieved != reading.setting) last_.reset();
  return reading;
}

template <class Q>
absl::StatusOr<Q> LeasedActuator<Q>::Set(Q value) {
  if (absl::Status in = CheckRange(info_, value); !in.ok()) return in;
  const Q level = LevelFor(info_, value);
  const int connection = channel_.number();
  if (last_ && last_->level == level && last_->connection == connection &&
      channel_.is_open()) {
    return last_->achieved;
  }
  last_.reset();
  const absl::StatusOr<std::string> payload = channel_.Call(
      {.verb = LeaseVerb::kSet, .name = info_.name, .value = level.value()},
      kTimeout);
  if (!payload.ok()) return payload.status();
  const absl::StatusOr<double> achieved = ParseNumber(*payload);
  if (!achieved.ok()) return achieved.status();
  last_ = Done{level, Q(*achieved), connection};
  return last_->achieved;
}

template <class Q>
absl::Status LeasedActuator<Q>::Restore() {
  last_.reset();
  return channel_
      .Call({.verb = LeaseVerb::kRestore, .name = info_.name}, kTimeout)
      .status();
}

template class LeasedActuator<Hertz>;
template class LeasedActuator<Watts>;

}  // namespace mj
