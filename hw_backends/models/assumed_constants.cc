#include "hw_backends/models/assumed_constants.h"

#include <optional>

#include "absl/strings/str_format.h"
#include "hw_backends/models/device_price.h"

namespace mj {
namespace {

// Every number of an answer, in any order that stays.
std::optional<std::vector<double>> NumbersOf(const DeviceFile& file,
                                             const DeviceOp& op) {
  const absl::StatusOr<DeviceDescriptor> device = file.Read();
  if (!device.ok()) return std::nullopt;
  const absl::StatusOr<PricedOp> priced = PriceOp(*device, op);
  if (!priced.ok()) return std::nullopt;
  const JoulesByComponent& j = priced->cost.joules;
  const BytesByClass& b = priced->cost.bytes;
  const Placement& p = priced->placement;
  std::vector<double> numbers = {priced->cost.cycles,
                                 priced->cost.time.count(),
                                 j.macro.array.value(),
                                 j.macro.adc.value(),
                                 j.macro.adders.value(),
                                 j.macro.control.value(),
                                 j.buffers.value(),
                                 j.noc.value(),
                                 j.dram.value(),
                                 j.idle.value(),
                                 b.weights,
                                 b.activations,
                                 priced->utilisation,
                                 p.load_time.count(),
                                 p.load_energy.value(),
                                 static_cast<double>(p.devices),
                                 static_cast<double>(p.tiles_needed),
                                 static_cast<double>(p.resident)};
  if (device->serving) {
    numbers.push_back(TokensPerSecond(*device->serving));
    numbers.push_back(JoulesPerToken(*device->serving).value());
  }
  return numbers;
}

std::optional<std::vector<double>> NumbersWith(DeviceFile file,
                                               const std::string& key,
                                               double value,
                                               const DeviceOp& op) {
  if (!file.Set(absl::StrFormat("%s=%.17g", key, value)).ok()) {
    return std::nullopt;
  }
  return NumbersOf(file, op);
}

}  // namespace

std::vector<std::string> AssumedConstants(const DeviceFile& file,
                                          const DeviceOp& op) {
  const std::optional<std::vector<double>> numbers = NumbersOf(file, op);
  std::vector<std::string> used;
  for (const std::string& key : file.AssumedKeys()) {
    const double value = file.ValueOf(key);
    auto changed = NumbersWith(file, key, value == 0 ? 1 : 2 * value, op);
    if (!changed) changed = NumbersWith(file, key, value / 2, op);
    if (!changed || changed != numbers) used.push_back(key);
  }
  return used;
}

}  // namespace mj
