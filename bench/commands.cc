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

}  // namespace mj
