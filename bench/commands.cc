#include "bench/commands.h"

#include <iostream>

namespace mj {

int PrintBenchError(const absl::Status& status) {
  std::cerr << "millijoule-bench: " << std::string(status.message()) << "\n";
  return 1;
}

void AddBenchProvenance(const Provenance& from, nlohmann::ordered_json& json) {
  json["commit"] = from.build.commit;
  json["build"] = from.build.build_type;
  json["cpu"] = from.cpu;
  json["isa"] = from.isa;
  json["numerics"] = from.numerics;
  json["model_fingerprint"] = from.model_fingerprint;
  json["calibration"] = from.calibration;
}

}  // namespace mj
