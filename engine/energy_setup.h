// How an engine's joules are known: who builds the process chooses.
#ifndef MILLIJOULE_ENGINE_ENERGY_SETUP_H_
#define MILLIJOULE_ENGINE_ENERGY_SETUP_H_

#include <functional>
#include <memory>
#include <optional>
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

struct EnergySetup {
  CpuDescriptor cpu;  // prices the steps
  CpuShare share;
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

// For a backend on a CPU that nobody has identified: the generic descriptor,
// the backend's threads, no meter, the world's grid. Errors: what is compiled
// in does not parse.
absl::StatusOr<EnergySetup> GenericEnergySetup(const BackendInfo& backend);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_SETUP_H_
