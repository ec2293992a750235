// How an engine's joules are known: who builds the process chooses.
#ifndef MILLIJOULE_ENGINE_ENERGY_SETUP_H_
#define MILLIJOULE_ENGINE_ENERGY_SETUP_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/energy/carbon.h"
#include "engine/energy/ledger_writer.h"
#include "engine/governor_setup.h"
#include "engine/schedule/flex_hold.h"
#include "hw_backends/backend.h"
#include "hw_backends/energy_meter.h"
#include "hw_backends/models/cpu_descriptor.h"
#include "hw_backends/models/device_model.h"
#include "hw_backends/models/step_cost_model.h"

namespace mj {

// A simulated device: its joules and seconds are those that count, all of them
// modelled, and the host's none of them.
struct DeviceAccount {
  std::string domain;  // the backend's name: the device and its memory
  StepCoefficients coefficients;
};

struct EnergySetup {
  CpuDescriptor cpu;  // prices the steps, unless there is a device
  CpuShare share;
  std::optional<DeviceAccount> device;
  CostOptions cost;
  std::unique_ptr<EnergyMeter> meter;  // null: the steps' modelled energy
  Watts max_power{1e4};                // a counter above it is wrong
  Carbon carbon;
  std::function<absl::Time()> wall_clock = absl::Now;  // any thread
  std::unique_ptr<LedgerWriter> ledger;  // null: windows are not kept
  // How the grid's intensity will change, on the engine's clock, ascending;
  // flex requests wait by it. Empty: they do not wait.
  std::vector<GridPoint> grid;
  std::vector<DeviceModel> shadows;       // other devices that price all steps
  std::optional<GovernorSetup> governor;  // nothing: clocks are left alone
};

// Prices steps of such a model, whole or a part. REQUIRES: numerics as
// CostOf's.
StepCostModel CostModelOf(const EnergySetup& setup, const ModelShape& model,
                          std::string_view numerics);

// For a backend on a CPU that nobody has identified: the generic descriptor,
// the backend's threads, no meter, the world's grid. Errors: what is compiled
// in does not parse.
absl::StatusOr<EnergySetup> GenericEnergySetup(const BackendInfo& backend);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_SETUP_H_
