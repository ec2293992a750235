#include "hw_backends/host/actuator_lease.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "hw_backends/host/helper_channel.h"

namespace mj {
namespace {

constexpr Seconds kTakeTimeout(20);  // NVML may take seconds to wake up
constexpr Seconds kEndTimeout(10);
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

}  // namespace

ActuatorLease::ActuatorLease(std::unique_ptr<HelperChannel> channel)
    : channel_(std::move(channel)) {}

absl::StatusOr<std::unique_ptr<ActuatorLease>> ActuatorLease::Start(
    const HelperOptions& options, const Clock& clock) {
  absl::StatusOr<std::pair<PacketSocket, PacketSocket>> pair =
      PacketSocket::Pair();
  if (!pair.ok()) return pair.status();
  const absl::StatusOr<pid_t> helper = Spawn(options, pair->second.fd());
  if (!helper.ok()) return helper.status();
  std::unique_ptr<ActuatorLease> lease(new ActuatorLease(
      std::make_unique<HelperChannel>(std::move(pair->first), clock)));
  lease->helper_ = *helper;
  lease->started_ = true;
  // Only the helper's copy remains, so that its end is noticed.
  { const PacketSocket closed = std::move(pair->second); }
  if (absl::Status taken = lease->Take(); !taken.ok()) return taken;
  return lease;
}

absl::StatusOr<std::unique_ptr<ActuatorLease>> ActuatorLease::Connect(
    const std::string& socket, const Clock& clock) {
  absl::StatusOr<PacketSocket> connected = PacketSocket::Connect(socket);
  if (!connected.ok()) return connected.status();
  std::unique_ptr<ActuatorLease> lease(new ActuatorLease(
      std::make_unique<HelperChannel>(*std::move(connected), clock)));
  const absl::StatusOr<PacketSocket::Peer> peer = lease->channel_->ReadPeer();
  if (peer.ok()) lease->helper_ = peer->process;
  if (absl::Status taken = lease->Take(); !taken.ok()) return taken;
  return lease;
}

absl::Status ActuatorLease::Take() {
  const absl::StatusOr<std::string> payload =
      channel_->Call({.verb = LeaseVerb::kLease}, kTakeTimeout);
  if (!payload.ok()) {
    channel_->Close();
    return payload.status();
  }
  absl::StatusOr<LeaseOffer> offer = ParseOffer(*payload);
  if (!offer.ok()) return offer.status();
  heartbeat_ = offer->heartbeat;
  for (ActuatorInfo<Hertz>& info : offer->frequencies) {
    frequencies_.push_back(
        std::make_unique<LeasedActuator<Hertz>>(*channel_, std::move(info)));
  }
  for (ActuatorInfo<Watts>& info : offer->power_caps) {
    power_caps_.push_back(
        std::make_unique<LeasedActuator<Watts>>(*channel_, std::move(info)));
  }
  return absl::OkStatus();
}

absl::Status ActuatorLease::Renew() {
  if (channel_->is_open() && channel_->SilentFor() < heartbeat_ / 3) {
    return absl::OkStatus();
  }
  return channel_->Call({.verb = LeaseVerb::kBeat}, kEndTimeout).status();
}

absl::Status ActuatorLease::End() {
  const absl::Status ended =
      channel_->Call({.verb = LeaseVerb::kEnd}, kEndTimeout).status();
  channel_->Close();
  WaitForHelper();
  return ended;
}

ActuatorLease::~ActuatorLease() {
  if (channel_->is_open()) {
    End().IgnoreError();  // the helper's own log tells
  } else {
    WaitForHelper();
  }
}

// It ends with its client; one that does not is left to restore in its time.
void ActuatorLease::WaitForHelper() {
  if (!started_) return;
  const auto until = std::chrono::steady_clock::now() + kEndTimeout;
  while (waitpid(helper_, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() >= until) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  started_ = false;
}

}  // namespace mj
