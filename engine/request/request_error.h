// Errors that name the field of a request they are about, for the protocols
// that have a place for it.
#ifndef MILLIJOULE_ENGINE_REQUEST_REQUEST_ERROR_H_
#define MILLIJOULE_ENGINE_REQUEST_REQUEST_ERROR_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "hw_backends/quantities.h"

namespace mj {

// OpenAI's `code` of a prompt or reply that is too long for the model.
inline constexpr std::string_view kContextLengthExceeded =
    "context_length_exceeded";

// `code` of a tenant's spent joules.
inline constexpr std::string_view kEnergyQuotaExceeded =
    "energy_quota_exceeded";

// INVALID_ARGUMENT about `field`; `code`: OpenAI's short name of the error,
// where it has one.
absl::Status RequestError(std::string_view field, const std::string& message,
                          std::string_view code = "");

// The same for an error of another kind.
absl::Status WithField(absl::Status status, std::string_view field,
                       std::string_view code = "");

// RESOURCE_EXHAUSTED of a tenant's own quota, not of the server's capacity;
// `wait` until it is worth another try, infinite where it never will be.
absl::Status QuotaError(const std::string& message, Seconds wait);
// What it noted; absent for every other status.
std::optional<Seconds> QuotaWaitOf(const absl::Status& status);

// What the first two noted; empty for every other status.
std::string FieldOf(const absl::Status& status);
std::string CodeOf(const absl::Status& status);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_REQUEST_REQUEST_ERROR_H_
