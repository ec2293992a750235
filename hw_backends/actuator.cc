#include "hw_backends/actuator.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mj {

std::string_view ActuatorKindName(ActuatorKind kind) {
  switch (kind) {
    case ActuatorKind::kFrequency:
      return "frequency";
    case ActuatorKind::kPowerCap:
      return "power_cap";
  }
  return "";
}

std::string QuantityText(Hertz value) {
  return absl::StrFormat("%.6g MHz", value.value() / 1e6);
}

std::string QuantityText(Watts value) {
  return absl::StrFormat("%.6g W", value.value());
}

template <class Q>
absl::Status CheckRange(const ActuatorInfo<Q>& info, Q value) {
  // Written so that what is not a number is refused, too.
  if (value >= info.low && value <= info.high) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      info.name, ": ", QuantityText(value), " is outside its range, ",
      QuantityText(info.low), " to ", QuantityText(info.high)));
}

template absl::Status CheckRange(const ActuatorInfo<Hertz>&, Hertz);
template absl::Status CheckRange(const ActuatorInfo<Watts>&, Watts);

}  // namespace mj
