#include "hw_backends/combined_meter.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

MeterInfo CombineInfo(
    std::string domain,
    const std::vector<std::unique_ptr<EnergyMeter>>& members) {
  MeterInfo sum{.domain = std::move(domain),
                .method = members.front()->info().method};
  for (const auto& member : members) {
    const MeterInfo& info = member->info();
    assert(info.method == sum.method);
    sum.resolution += info.resolution;
    sum.update_period = std::max(sum.update_period, info.update_period);
    const char* separator = sum.source.empty() ? "" : " + ";
    absl::StrAppend(&sum.source, separator, info.source);
    absl::StrAppend(&sum.calibration, separator, info.calibration);
  }
  return sum;
}

absl::Status NameMember(const EnergyMeter& member, const absl::Status& status) {
  return absl::Status(
      status.code(),
      absl::StrCat(member.info().domain, ": ", std::string(status.message())));
}

}  // namespace

CombinedMeter::CombinedMeter(std::string domain,
                             std::vector<std::unique_ptr<EnergyMeter>> members)
    : members_(std::move(members)) {
  assert(!members_.empty());
  info_ = CombineInfo(std::move(domain), members_);
}

absl::StatusOr<EnergySample> CombinedMeter::Read() {
  EnergySample sum;
  absl::Status failure;
  for (const auto& member : members_) {
    const absl::StatusOr<EnergySample> sample = member->Read();
    if (sample.ok()) {
      sum.total += sample->total;
      sum.time = std::max(sum.time, sample->time);
      sum.age = std::max(sum.age, sample->age);
    } else if (failure.ok() || (absl::IsDataLoss(sample.status()) &&
                                !absl::IsDataLoss(failure))) {
      failure = NameMember(*member, sample.status());
    }
  }
  if (!failure.ok()) return failure;
  return sum;
}

}  // namespace mj
