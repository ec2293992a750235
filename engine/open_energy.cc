#include "engine/open_energy.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "engine/grid_points.h"
#include "hw_backends/host/find_meters.h"
#include "hw_backends/host/host_facts.h"
#include "hw_backends/models/cpu_descriptor.h"

namespace mj {
namespace {

// Puts the host's meter into `setup`, if it has one; says which or why none.
std::string TakeMeter(const std::string& host_root, const Clock& clock,
                      EnergySetup& setup) {
  std::vector<FoundMeter> found =
      FindMeters(host_root, clock, LinuxPerfCalls());
  ChooseBoundary(/*with_gpus=*/false, found);
  Boundary boundary = TakeBoundary(std::move(found), clock,
                                   std::make_unique<const BootClock>());
  if (boundary.meter != nullptr) {
    setup.meter = std::move(boundary.meter);
    setup.max_power = boundary.max_power;
  }
  return std::move(boundary.description);
}

}  // namespace

absl::StatusOr<HostEnergy> OpenHostEnergy(const CarbonFlags& flags,
                                          const BackendInfo& backend,
                                          bool simulates,
                                          const CoreAllowance& cores,
                                          const std::string& host_root,
                                          const Clock& clock) {
  absl::StatusOr<EnergySetup> setup = GenericEnergySetup(backend);
  if (!setup.ok()) return setup.status();
  absl::StatusOr<std::vector<CpuDescriptor>> cpus = CompiledCpuDescriptors();
  if (!cpus.ok()) return cpus.status();
  setup->cpu = ChooseDescriptor(*cpus, ReadCpuIdentity(host_root));
  setup->share.cores = cores.cores;
  absl::StatusOr<Carbon> carbon = LoadCarbon(flags);
  if (!carbon.ok()) return carbon.status();
  setup->grid = GridPointsOf(*carbon, absl::Now(), clock.Now());
  setup->carbon = *std::move(carbon);
  std::string counters = simulates ? "this host's counters are not the device's"
                                   : TakeMeter(host_root, clock, *setup);
  return HostEnergy{*std::move(setup), std::move(counters)};
}

}  // namespace mj
