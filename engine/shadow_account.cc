#include "engine/shadow_account.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/energy/request_energy.h"
#include "hw_backends/models/device_file.h"

namespace mj {
namespace {

absl::Status OfFlag(const std::string& name, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("--shadow ", name, ": ", status.message()));
}

absl::StatusOr<DeviceModel> Open(const std::string& name,
                                 const std::string& data_dir,
                                 const ModelShape& model,
                                 const CostOptions& cost) {
  const absl::StatusOr<DeviceFile> file = DeviceFile::Find(name, data_dir);
  if (!file.ok()) return file.status();
  absl::StatusOr<DeviceDescriptor> device = file->Read();
  if (!device.ok()) return device.status();
  DeviceModelOptions options;
  options.cost = cost;
  return DeviceModel::Create(*std::move(device), model, options);
}

}  // namespace

absl::StatusOr<std::vector<DeviceModel>> OpenShadows(
    const std::string& names, const std::string& data_dir,
    const ModelShape& model, const CostOptions& cost) {
  std::vector<DeviceModel> devices;
  if (names.empty()) return devices;
  const std::vector<std::string> list = absl::StrSplit(names, ',');
  for (size_t i = 0; i < list.size(); ++i) {
    if (std::find(list.begin(), list.begin() + i, list[i]) !=
        list.begin() + i) {
      return OfFlag(list[i], absl::InvalidArgumentError("is named twice"));
    }
    absl::StatusOr<DeviceModel> device = Open(list[i], data_dir, model, cost);
    if (!device.ok()) return OfFlag(list[i], device.status());
    devices.push_back(*std::move(device));
  }
  return devices;
}

ShadowAccount::ShadowAccount(std::vector<DeviceModel> devices)
    : devices_(std::move(devices)) {
  for (const DeviceModel& device : devices_) {
    const Placement& placement = device.placement();
    stats_.push_back(
        {.device = device.device().name,
         .devices = static_cast<double>(placement.devices),
         .weights_live = std::string(WeightsLiveName(placement.live))});
  }
}

void ShadowAccount::AddStep(const StepBatch& batch) {
  const bool asked = std::ranges::any_of(
      batch.sequences,
      [](const Sequence* s) { return s->request->request.wants_shadow; });
  for (size_t i = 0; i < devices_.size(); ++i) {
    const DeviceCost step = devices_[i].PriceStep(batch.forward.shape);
    stats_[i].energy += step.joules.total();
    stats_[i].time += step.time;
    if (asked) Share(i, step, batch);
  }
}

std::vector<ShadowCost> ShadowAccount::Report(const InFlight& request) {
  constexpr int kDigits = 3;  // as EnergyReport
  std::vector<ShadowCost> report = request.shadow;
  for (ShadowCost& cost : report) {
    cost.energy = Joules(RoundToSignificant(cost.energy.value(), kDigits));
    cost.time = Seconds(RoundToSignificant(cost.time.count(), kDigits));
  }
  return report;
}

void ShadowAccount::Share(size_t device, const DeviceCost& step,
                          const StepBatch& batch) {
  alone_.clear();
  Price sum;
  if (batch.sequences.size() == 1) {
    alone_.push_back(sum = {step.joules.total(), step.time});
  } else {
    devices_[device].PriceAlone(batch.forward.shape.sequences, alone_);
    for (const Price& own : alone_) sum += own;
  }
  for (size_t i = 0; i < batch.sequences.size(); ++i) {
    InFlight& request = *batch.sequences[i]->request;
    if (!request.request.wants_shadow) continue;
    if (request.shadow.empty()) {
      for (const ShadowStats& of : stats_)
        request.shadow.push_back({of.device});
    }
    ShadowCost& cost = request.shadow[device];
    cost.energy += step.joules.total() * (alone_[i].energy / sum.energy);
    cost.time += step.time * (alone_[i].time / sum.time);
  }
}

}  // namespace mj
