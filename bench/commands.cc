#include "bench/commands.h"

#include <iostream>

namespace mj {

void AddBenchFlags(CLI::App& app, const std::vector<Flag>& flags) {
  for (const Flag& flag : flags) {
    const std::string name = "--" + flag.name;
    const auto set = [name, set = flag.set](const std::string& value) {
      const absl::Status status = set(value);
      if (status.ok()) return;
      throw CLI::ValidationError(name, std::string(status.message()));
    };
    app.add_option_function<std::string>(name, set, flag.help)
        ->type_name(flag.value_name)
        ->default_str(flag.default_text);
  }
}

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
