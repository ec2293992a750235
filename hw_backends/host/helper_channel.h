// A client's end of the connection to the privileged helper.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_HELPER_CHANNEL_H_
#define MILLIJOULE_HW_BACKENDS_HOST_HELPER_CHANNEL_H_

#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/actuator.h"
#include "hw_backends/clock.h"
#include "hw_backends/host/lease_protocol.h"
#include "hw_backends/host/packet_socket.h"

namespace mj {

// Any thread: one call after another. The first failure of the connection ends
// it; another one may take its place.
class HelperChannel final {
 public:
  HelperChannel(PacketSocket socket, const Clock& clock)
      : clock_(clock), socket_(std::move(socket)) {}

  // The reply's payload, or the helper's error. UNAVAILABLE: the connection
  // has ended, now or before, or there is no reply within `timeout`.
  absl::StatusOr<std::string> Call(const LeaseRequest& request,
                                   Seconds timeout);
  absl::StatusOr<PacketSocket::Peer> ReadPeer() const;
  void Close();
  // Goes on with the connection of `next`. REQUIRES: this one has ended
  void Replace(HelperChannel&& next);
  bool is_open() const;
  int number() const;  // of the connection: 1, then one more each Replace()
  Seconds SilentFor() const;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;  // held while a reply is waited for
  std::optional<PacketSocket> socket_;
  int number_ = 1;
  Seconds last_sent_{0};
};

// An actuator that the helper acts for. One thread owns it; others of the same
// channel may have other threads.
template <class Q>
class LeasedActuator final : public Actuator<Q> {
 public:
  // `channel` outlives it.
  LeasedActuator(HelperChannel& channel, ActuatorInfo<Q> info)
      : channel_(channel), info_(std::move(info)) {}

  const ActuatorInfo<Q>& info() const override { return info_; }
  absl::StatusOr<ActuatorReading<Q>> Read() override;
  absl::StatusOr<Q> Set(Q value) override;
  absl::Status Restore() override;

 private:
  struct Done {
    Q level{0}, achieved{0};
    int connection = 0;  // what was set by another one is restored since
  };

  HelperChannel& channel_;
  const ActuatorInfo<Q> info_;
  std::optional<Done> last_;  // what need not be set again
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_HELPER_CHANNEL_H_
