#include "hw_backends/host/core_parking.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

ActuatorInfo<Threads> InfoFor(int threads) {
  ActuatorInfo<Threads> info{.name = "core_parking",
                             .domain = "threads",
                             .source = "the backend's worker pool",
                             .low = Threads(1),
                             .high = Threads(threads)};
  for (int n = 1; n <= threads; ++n) info.levels.emplace_back(n);
  return info;
}

}  // namespace

CoreParking::CoreParking(int threads, std::function<void(int)> use)
    : info_(InfoFor(threads)), use_(std::move(use)), used_(threads) {}

absl::StatusOr<ActuatorReading<Threads>> CoreParking::Read() {
  return ActuatorReading<Threads>{Threads(used_)};
}

absl::StatusOr<Threads> CoreParking::Set(Threads value) {
  if (absl::Status in = CheckRange(info_, value); !in.ok()) return in;
  if (value.value() != std::floor(value.value())) {
    return absl::InvalidArgumentError(absl::StrCat(
        info_.name, ": ", QuantityText(value), " is not a whole number"));
  }
  const int threads = static_cast<int>(value.value());
  if (threads != used_) use_(threads);
  used_ = threads;
  return value;
}

absl::Status CoreParking::Restore() { return Set(info_.high).status(); }

}  // namespace mj
