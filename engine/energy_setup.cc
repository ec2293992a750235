#include "engine/energy_setup.h"

#include <utility>
#include <vector>

#include "hw_backends/models/carbon_factors.h"
#include "kernels/kv_type.h"

namespace mj {

StepCostModel CostModelOf(const EnergySetup& setup, const ModelShape& model,
                          std::string_view numerics) {
  return {model, setup.cost,
          setup.device ? setup.device->coefficients
                       : CoefficientsOf(setup.cpu, setup.share, numerics)};
}

absl::StatusOr<EnergySetup> GenericEnergySetup(const BackendInfo& backend) {
  absl::StatusOr<std::vector<CpuDescriptor>> cpus = CompiledCpuDescriptors();
  if (!cpus.ok()) return cpus.status();
  if (cpus->empty()) return absl::InternalError("no CPU descriptor is there");
  absl::StatusOr<CarbonFactors> factors = CompiledCarbonFactors();
  if (!factors.ok()) return factors.status();
  absl::StatusOr<Carbon> carbon = MakeCarbon(*factors, "world");
  if (!carbon.ok()) return carbon.status();
  EnergySetup setup;
  setup.cpu = ChooseDescriptor(*cpus, CpuIdentity{});
  setup.share = {backend.threads, backend.threads};
  const KvType kv = ParseKvType(backend.kv_dtype).value_or(KvType::kF32);
  setup.cost.kv_element_bytes = KvElementBytes(kv);
  setup.cost.kv_scale_bytes = kv == KvType::kInt8 ? sizeof(float) : 0;
  setup.carbon = *std::move(carbon);
  return setup;
}

}  // namespace mj
