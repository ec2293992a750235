#include "engine/energy_setup.h"

#include <utility>
#include <vector>

#include "hw_backends/models/carbon_factors.h"

namespace mj {

int64_t KvElementBytes(const BackendInfo& backend) {
  if (backend.kv_dtype == "f32") return 4;
  return backend.kv_dtype == "int8" ? 1 : 2;
}

absl::StatusOr<EnergySetup> GenericEnergySetup(const BackendInfo& backend) {
  absl::StatusOr<std::vector<CpuDescriptor>> cpus = CompiledCpuDescriptors();
  if (!cpus.ok()) return cpus.status();
  if (cpus->empty()) return absl::InternalError("no CPU descriptor is there");
  absl::StatusOr<CarbonFactors> factors = CompiledCarbonFactors();
  if (!factors.ok()) return factors.status();
  absl::StatusOr<GridFactor> world = FindGrid(*factors, "world");
  if (!world.ok()) return world.status();
  EnergySetup setup;
  setup.cpu = ChooseDescriptor(*cpus, CpuIdentity{});
  setup.share = {backend.threads, backend.threads};
  setup.cost.kv_element_bytes = KvElementBytes(backend);
  setup.power_usage_effectiveness = factors->power_usage_effectiveness;
  setup.grams_per_kwh = world->grams_per_kwh;
  return setup;
}

}  // namespace mj
