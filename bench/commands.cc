#include "bench/commands.h"

#include <iostream>

namespace mj {

int PrintBenchError(const absl::Status& status) {
  std::cerr << "millijoule-bench: " << std::string(status.message()) << "\n";
  return 1;
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
  const BitActivity& bits = device->bits;
  const auto share = [](int64_t part, int64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  json["bit_activity"] = {
      {"input_ones", share(bits.input_ones, bits.input_bits)},
      {"input_toggles", share(bits.input_toggles, bits.input_bits)},
      {"product_ones", share(bits.product_ones, bits.product_bits)},
      {"product_toggles", share(bits.product_toggles, bits.product_bits)}};
}

}  // namespace mj
