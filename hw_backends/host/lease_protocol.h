// What a server and the privileged helper say to each other: one packet of
// text for a request, one for its reply. Numbers are in SI units.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_LEASE_PROTOCOL_H_
#define MILLIJOULE_HW_BACKENDS_HOST_LEASE_PROTOCOL_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "hw_backends/actuator.h"

namespace mj {

enum class LeaseVerb {
  kLease,    // "lease": reply LeaseOffer
  kBeat,     // "beat": I am alive; so does every other request
  kRead,     // "read NAME": reply LeaseReading
  kSet,      // "set NAME VALUE": reply the value that was achieved
  kRestore,  // "restore NAME"
  kEnd,      // "end": restores all and gives the lease back
};

struct LeaseRequest {
  LeaseVerb verb = LeaseVerb::kBeat;
  std::string name{};  // of an actuator
  double value = 0;
};

struct LeaseOffer {
  Seconds heartbeat{0};  // a lease ends after so long without a request
  std::vector<ActuatorInfo<Hertz>> frequencies;
  std::vector<ActuatorInfo<Watts>> power_caps;
};

std::string FormatRequest(const LeaseRequest& request);
absl::StatusOr<LeaseRequest> ParseRequest(std::string_view packet);

// "ok PAYLOAD", or "error CODE MESSAGE".
std::string FormatReply(const absl::StatusOr<std::string>& reply);
// The payload or the error; INTERNAL: neither.
absl::StatusOr<std::string> ParseReply(std::string_view packet);

// Payloads. The parsers' error is INTERNAL: the helper's is another version.
std::string FormatNumber(double value);  // exact
absl::StatusOr<double> ParseNumber(std::string_view text);
std::string FormatOffer(const LeaseOffer& offer);
absl::StatusOr<LeaseOffer> ParseOffer(std::string_view payload);
// "SETTING" or "SETTING ACTUAL".
template <class Q>
std::string FormatReading(const ActuatorReading<Q>& reading) {
  const std::string setting = FormatNumber(reading.setting.value());
  if (!reading.actual) return setting;
  return absl::StrCat(setting, " ", FormatNumber(reading.actual->value()));
}
absl::StatusOr<std::vector<double>> ParseNumbers(std::string_view payload);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_LEASE_PROTOCOL_H_
