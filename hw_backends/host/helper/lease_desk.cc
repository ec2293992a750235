#include "hw_backends/host/helper/lease_desk.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mj {
namespace {

template <class Q>
Actuator<Q>* Find(const std::vector<std::unique_ptr<Actuator<Q>>>& actuators,
                  const std::string& name) {
  for (const auto& actuator : actuators) {
    if (actuator->info().name == name) return actuator.get();
  }
  return nullptr;
}

template <class Q>
absl::StatusOr<std::string> ActOn(Actuator<Q>& actuator,
                                  const LeaseRequest& request) {
  if (request.verb == LeaseVerb::kRead) {
    const absl::StatusOr<ActuatorReading<Q>> reading = actuator.Read();
    if (!reading.ok()) return reading.status();
    return FormatReading(*reading);
  }
  if (request.verb == LeaseVerb::kSet) {
    const absl::StatusOr<Q> achieved = actuator.Set(Q(request.value));
    if (!achieved.ok()) return achieved.status();
    return FormatNumber(achieved->value());
  }
  if (absl::Status restored = actuator.Restore(); !restored.ok()) {
    return restored;
  }
  return "";
}

template <class Q>
void RestoreEach(const std::vector<std::unique_ptr<Actuator<Q>>>& actuators,
                 absl::Status& status) {
  for (const auto& actuator : actuators) status.Update(actuator->Restore());
}

template <class Q>
void AppendInfos(const std::vector<std::unique_ptr<Actuator<Q>>>& actuators,
                 std::vector<ActuatorInfo<Q>>& infos) {
  for (const auto& actuator : actuators) infos.push_back(actuator->info());
}

std::string Reasons(const std::vector<HostFact>& facts) {
  return absl::StrJoin(facts, "; ", [](std::string* out, const HostFact& fact) {
    absl::StrAppend(out, fact.name, ": ", fact.detail);
  });
}

}  // namespace

LeaseDesk::LeaseDesk(SysfsFiles& files, const Nvml& nvml, RunFolder& folder,
                     bool is_root, Seconds heartbeat)
    : files_(files),
      nvml_(nvml),
      folder_(folder),
      is_root_(is_root),
      heartbeat_(heartbeat) {}

LeaseDesk::~LeaseDesk() { EndLease().IgnoreError(); }

absl::Status LeaseDesk::RestoreLeftOver() {
  const absl::StatusOr<std::optional<std::string>> text = folder_.LoadState();
  if (!text.ok()) return text.status();
  if (!*text) return absl::OkStatus();
  const absl::StatusOr<SavedState> state = ParseSavedState(**text);
  const absl::Status restored =
      state.ok()
          ? RestoreState(files_, nvml_.ok() ? nvml_->get() : nullptr, *state)
          : state.status();
  if (restored.ok()) return folder_.ClearState();
  return absl::Status(
      restored.code(),
      absl::StrCat(folder_.state_path(),
                   ", which a helper left behind: ", restored.message()));
}

std::string LeaseDesk::Answer(const Client& client, std::string_view packet) {
  const absl::StatusOr<LeaseRequest> request = ParseRequest(packet);
  return FormatReply(request.ok() ? Do(client, *request) : request.status());
}

absl::StatusOr<std::string> LeaseDesk::Do(const Client& client,
                                          const LeaseRequest& request) {
  if (request.verb == LeaseVerb::kLease) return Lease(client);
  if (!holder_ || holder_->connection != client.connection) {
    return absl::FailedPreconditionError("this connection has no lease");
  }
  if (request.verb == LeaseVerb::kBeat) return "";
  if (request.verb == LeaseVerb::kEnd) {
    if (absl::Status ended = EndLease(); !ended.ok()) return ended;
    return "";
  }
  return Act(request);
}

absl::StatusOr<std::string> LeaseDesk::Lease(const Client& client) {
  if (holder_) {
    return absl::AlreadyExistsError(absl::StrCat(
        "the actuators of this host are leased to process ", holder_->process,
        ": end that server, or run this one without control"));
  }
  if (absl::Status clean = RestoreLeftOver(); !clean.ok()) return clean;
  FoundActuators found = FindActuators(files_, nvml_, is_root_);
  if (found.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("nothing can be controlled: ", Reasons(found.facts)));
  }
  absl::Status ready = folder_.SaveState(FormatSavedState(found.original));
  if (ready.ok()) ready = folder_.WriteHolder(client.process);
  if (!ready.ok()) return ready;
  holder_ = client;
  found_ = std::move(found);
  LeaseOffer offer{.heartbeat = heartbeat_};
  AppendInfos(found_.frequencies, offer.frequencies);
  AppendInfos(found_.power_caps, offer.power_caps);
  return FormatOffer(offer);
}

absl::StatusOr<std::string> LeaseDesk::Act(const LeaseRequest& request) {
  if (auto* clock = Find(found_.frequencies, request.name)) {
    return ActOn(*clock, request);
  }
  if (auto* cap = Find(found_.power_caps, request.name)) {
    return ActOn(*cap, request);
  }
  return absl::NotFoundError(
      absl::StrCat("no actuator is named \"", request.name, "\""));
}

absl::Status LeaseDesk::Leave(int connection) {
  if (!holder_ || holder_->connection != connection) return absl::OkStatus();
  return EndLease();
}

absl::Status LeaseDesk::EndLease() {
  if (!holder_) return absl::OkStatus();
  absl::Status restored;
  RestoreEach(found_.frequencies, restored);
  RestoreEach(found_.power_caps, restored);
  // What is not restored stays in the file, for the next to try again.
  if (restored.ok()) restored = folder_.ClearState();
  restored.Update(folder_.WriteHolder(0));
  holder_.reset();
  found_ = {};
  return restored;
}

}  // namespace mj
