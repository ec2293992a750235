#include "bench/commands.h"

#include <iostream>

#include "hw_backends/host/host_facts.h"

namespace mj {

int PrintBenchError(const absl::Status& status) {
  std::cerr << "millijoule-bench: " << std::string(status.message()) << "\n";
  return 1;
}

Provenance BenchProvenance(const LoadedModel& model, const BuildInfo& build) {
  Provenance from;
  from.build = build;
  from.cpu = ReadCpuName(kHostRoot);
  from.isa = model.backend->info().isa;
  from.numerics = model.backend->info().numerics;
  from.model_fingerprint = model.fingerprint;
  return from;
}

void AddBenchProvenance(const Provenance& from, nlohmann::ordered_json& json) {
  const auto or_null = [](const std::string& text) {
    return text.empty() ? nlohmann::ordered_json()
                        : nlohmann::ordered_json(text);
  };
  json["commit"] = or_null(from.build.commit);
  json["build"] = from.build.build_type;
  json["cpu"] = or_null(from.cpu);
  json["isa"] = or_null(from.isa);
  json["numerics"] = or_null(from.numerics);
  json["model_fingerprint"] = or_null(from.model_fingerprint);
  json["calibration"] = or_null(from.calibration);
}

void AddBenchBitActivity(const std::optional<DeviceStats>& device,
                         nlohmann::ordered_json& json) {
  if (!device || device->bits.input_bits == 0) return;
  const BitShares shares = SharesOf(device->bits);
  json["bit_activity"] = {{"input_ones", shares.input_ones},
                          {"input_toggles", shares.input_toggles},
                          {"product_ones", shares.product_ones},
                          {"product_toggles", shares.product_toggles}};
}

}  // namespace mj
