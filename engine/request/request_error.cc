#include "engine/request/request_error.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr const char* kField = "millijoule.v1/field";
constexpr const char* kCode = "millijoule.v1/code";
constexpr const char* kQuotaWait = "millijoule.v1/quota-wait-seconds";

void Note(const char* key, std::string_view value, absl::Status& status) {
  if (value.empty()) return;
  status.SetPayload(key, absl::Cord(std::string(value)));
}

std::string Noted(const char* key, const absl::Status& status) {
  const auto payload = status.GetPayload(key);
  return payload ? std::string(*payload) : "";
}

}  // namespace

absl::Status RequestError(std::string_view field, const std::string& message,
                          std::string_view code) {
  return WithField(absl::InvalidArgumentError(message), field, code);
}

absl::Status WithField(absl::Status status, std::string_view field,
                       std::string_view code) {
  Note(kField, field, status);
  Note(kCode, code, status);
  return status;
}

absl::Status QuotaError(const std::string& message, Seconds wait) {
  absl::Status status = absl::ResourceExhaustedError(message);
  Note(kQuotaWait, absl::StrCat(wait.count()), status);
  Note(kCode, kEnergyQuotaExceeded, status);
  return status;
}

std::optional<Seconds> QuotaWaitOf(const absl::Status& status) {
  double seconds = 0;
  if (!absl::SimpleAtod(Noted(kQuotaWait, status), &seconds)) {
    return std::nullopt;
  }
  return Seconds(seconds);
}

std::string FieldOf(const absl::Status& status) {
  return Noted(kField, status);
}
std::string CodeOf(const absl::Status& status) { return Noted(kCode, status); }

}  // namespace mj
