#include "engine/energy_setup.h"

#include <utility>
#include <vector>

#include "hw_backends/models/carbon_factors.h"
#include "kernels/kv_type.h"

namespace mj {

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
  const KvType kv = ParseKvType(backend.kv_dtype).value_or(KvType::kF32);
  setup.cost.kv_element_bytes = KvElementBytes(kv);
  setup.cost.kv_scale_bytes = kv == KvType::kInt8 ? sizeof(float) : 0;
  setup.power_usage_effectiveness = factors->power_usage_effectiveness;
  setup.grams_per_kwh = world->grams_per_kwh;
  return setup;
}

}  // namespace mj
