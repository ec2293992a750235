#include "hw_backends/host/actuator_lease.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "hw_backends/host/helper_channel.h"
#include "hw_backends/host/lease_protocol.h"

namespace mj {

struct HelperConnection {
  PacketSocket socket;
  pid_t helper = 0;
  bool is_child = false;  // of this process
};

namespace {

constexpr Seconds kTakeTimeout(20);  // NVML may take seconds to wake up
constexpr Seconds kEndTimeout(10);
constexpr Seconds kFirstPause(1), kLongestPause(60);  // until the next try
constexpr int kHelperFd = 3;

std::vector<std::string> Arguments(const HelperOptions& options) {
  return {options.program, absl::StrCat("--fd=", kHelperFd),
          absl::StrCat("--root=", options.root),
          absl::StrCat("--folder=", options.run_folder),
          absl::StrCat("--heartbeat=", options.heartbeat.count())};
}

// In a session of its own, so that what ends this process' group spares the
// helper; with no environment and no descriptor but `socket` and the standard
// ones.
absl::StatusOr<pid_t> Spawn(const HelperOptions& options, int socket) {
  std::vector<std::string> arguments = Arguments(options);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  char* environment[] = {nullptr};
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const absl::Cleanup destroy = [&] {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  };
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  posix_spawn_file_actions_adddup2(&actions, socket, kHelperFd);
  posix_spawn_file_actions_addclosefrom_np(&actions, kHelperFd + 1);
  pid_t process = 0;
  const int error = posix_spawn(&process, options.program.c_str(), &actions,
                                &attributes, argv.data(), environment);
  if (error == 0) return process;
  return absl::ErrnoToStatus(
      error, absl::StrCat("starting the actuator helper ", options.program));
}

absl::StatusOr<HelperConnection> StartHelper(const HelperOptions& options) {
  absl::StatusOr<std::pair<PacketSocket, PacketSocket>> pair =
      PacketSocket::Pair();
  if (!pair.ok()) return pair.status();
  // Only the helper's copy remains, so that its end is noticed.
  const PacketSocket theirs = std::move(pair->second);
  const absl::StatusOr<pid_t> helper = Spawn(options, theirs.fd());
  if (!helper.ok()) return helper.status();
  return HelperConnection{std::move(pair->first), *helper, true};
}

absl::StatusOr<HelperConnection> ConnectTo(const std::string& path) {
  absl::StatusOr<PacketSocket> socket = PacketSocket::Connect(path);
  if (!socket.ok()) return socket.status();
  const absl::StatusOr<PacketSocket::Peer> peer = socket->ReadPeer();
  return HelperConnection{*std::move(socket), peer.ok() ? peer->process : 0};
}

// An actuator's info as it was at first is among `now`.
template <class Q>
absl::Status CheckAmong(const std::vector<ActuatorInfo<Q>>& now,
                        const ActuatorInfo<Q>& first) {
  const auto range = [](const ActuatorInfo<Q>& info) {
    return absl::StrCat(QuantityText(info.low), " to ",
                        QuantityText(info.high));
  };
  for (const ActuatorInfo<Q>& info : now) {
    if (info.name != first.name) continue;
    if (info.low == first.low && info.high == first.high &&
        info.levels == first.levels) {
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(absl::StrCat(
        info.name, " may be set to ", range(info), " now, not to ",
        range(first), " as at the start: undo that, or restart this server"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(first.name, " is no longer there"));
}

}  // namespace

ActuatorLease::ActuatorLease(Connector connect, const Clock& clock)
    : connect_(std::move(connect)), clock_(clock), pause_(kFirstPause) {}

absl::StatusOr<std::unique_ptr<ActuatorLease>> ActuatorLease::Start(
    const HelperOptions& options, const Clock& clock) {
  return Make([options] { return StartHelper(options); }, clock);
}

absl::StatusOr<std::unique_ptr<ActuatorLease>> ActuatorLease::Connect(
    const std::string& socket, const Clock& clock) {
  return Make([socket] { return ConnectTo(socket); }, clock);
}

absl::StatusOr<std::unique_ptr<ActuatorLease>> ActuatorLease::Make(
    Connector connect, const Clock& clock) {
  std::unique_ptr<ActuatorLease> lease(
      new ActuatorLease(std::move(connect), clock));
  std::lock_guard<std::mutex> lock(lease->mutex_);
  LeaseOffer offer;
  absl::StatusOr<std::unique_ptr<HelperChannel>> taken = lease->Take(offer);
  if (!taken.ok()) return taken.status();
  lease->channel_ = *std::move(taken);
  lease->held_since_ = clock.Now();
  lease->Accept(std::move(offer));
  return lease;
}

absl::StatusOr<std::unique_ptr<HelperChannel>> ActuatorLease::Take(
    LeaseOffer& offer) {
  absl::StatusOr<HelperConnection> connection = connect_();
  if (!connection.ok()) return connection.status();
  helper_ = connection->helper;
  if (connection->is_child) children_.push_back(helper_);
  auto channel =
      std::make_unique<HelperChannel>(std::move(connection->socket), clock_);
  const absl::StatusOr<std::string> payload =
      channel->Call({.verb = LeaseVerb::kLease}, kTakeTimeout);
  if (!payload.ok()) return payload.status();
  absl::StatusOr<LeaseOffer> offered = ParseOffer(*payload);
  if (!offered.ok()) return offered.status();
  offer = *std::move(offered);
  return channel;
}

void ActuatorLease::Accept(LeaseOffer offer) {
  heartbeat_ = offer.heartbeat;
  for (ActuatorInfo<Hertz>& info : offer.frequencies) {
    frequencies_.push_back(
        std::make_unique<LeasedActuator<Hertz>>(*channel_, std::move(info)));
  }
  for (ActuatorInfo<Watts>& info : offer.power_caps) {
    power_caps_.push_back(
        std::make_unique<LeasedActuator<Watts>>(*channel_, std::move(info)));
  }
}

absl::StatusOr<int> ActuatorLease::Renew() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (ended_) return absl::UnavailableError("the lease has been given back");
  if (!try_at_ && channel_->is_open()) {
    if (channel_->SilentFor() < heartbeat_ / 3) return channel_->number();
    const absl::Status alive =
        channel_->Call({.verb = LeaseVerb::kBeat}, kEndTimeout).status();
    if (alive.ok()) return channel_->number();
    NoteLoss(alive);
  } else if (!try_at_) {
    NoteLoss(absl::UnavailableError(
        "the lease of the actuators is lost: their helper is gone"));
  } else if (clock_.Now() >= *try_at_) {
    loss_ = TakeAgain();
  }
  if (try_at_) return loss_;
  return channel_->number();
}

void ActuatorLease::NoteLoss(const absl::Status& why) {
  channel_->Close();
  loss_ = absl::UnavailableError(why.message());
  const Seconds now = clock_.Now();
  // One that is lost soon after it was taken is no reason to hurry.
  if (now - held_since_ > kLongestPause) pause_ = kFirstPause;
  try_at_ = now + pause_;
}

absl::Status ActuatorLease::TakeAgain() {
  ReapChildren();
  LeaseOffer offer;
  absl::StatusOr<std::unique_ptr<HelperChannel>> taken = Take(offer);
  const absl::Status same = taken.ok() ? CheckSame(offer) : taken.status();
  pause_ = std::min(2 * pause_, kLongestPause);
  if (!same.ok()) {
    try_at_ = clock_.Now() + pause_;
    return absl::UnavailableError(
        absl::StrCat("the lease of the actuators is lost and cannot be taken "
                     "again yet: ",
                     same.message()));
  }
  channel_->Replace(std::move(**taken));
  held_since_ = clock_.Now();
  try_at_.reset();
  return absl::OkStatus();
}

absl::Status ActuatorLease::CheckSame(const LeaseOffer& offer) const {
  absl::Status same;
  for (const auto& clock : frequencies_) {
    same.Update(CheckAmong(offer.frequencies, clock->info()));
  }
  for (const auto& cap : power_caps_) {
    same.Update(CheckAmong(offer.power_caps, cap->info()));
  }
  return same;
}

absl::Status ActuatorLease::End() {
  std::lock_guard<std::mutex> lock(mutex_);
  ended_ = true;
  const absl::Status ended =
      channel_->Call({.verb = LeaseVerb::kEnd}, kEndTimeout).status();
  channel_->Close();
  WaitForChildren();
  return ended;
}

ActuatorLease::~ActuatorLease() {
  if (channel_ != nullptr && channel_->is_open()) {
    End().IgnoreError();  // the helper's own log tells
  } else {
    WaitForChildren();
  }
}

pid_t ActuatorLease::helper() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return helper_;
}

void ActuatorLease::ReapChildren() {
  std::erase_if(children_, [](pid_t child) {
    return waitpid(child, nullptr, WNOHANG) != 0;
  });
}

// They end with their client; one that does not is left to restore in its time.
void ActuatorLease::WaitForChildren() {
  const auto until = std::chrono::steady_clock::now() + kEndTimeout;
  while (true) {
    ReapChildren();
    if (children_.empty() || std::chrono::steady_clock::now() >= until) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace mj
