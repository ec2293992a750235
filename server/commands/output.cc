#include "server/commands/output.h"

#include <cmath>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mj {

int PrintError(const absl::Status& status) {
  std::cerr << "millijoule: " << std::string(status.message()) << "\n";
  return 1;
}

void AddProvenance(const Provenance& from, Json& json) {
  const auto or_null = [](const std::string& text) {
    return text.empty() ? Json() : Json(text);
  };
  json["commit"] = or_null(from.build.commit);
  json["build"] = or_null(from.build.build_type);
  json["cpu"] = or_null(from.cpu);
  json["isa"] = or_null(from.isa);
  json["numerics"] = or_null(from.numerics);
  json["model_fingerprint"] = or_null(from.model_fingerprint);
  json["calibration"] = or_null(from.calibration);
}

void AddBitActivity(const std::optional<DeviceStats>& device, Json& json) {
  if (!device || device->bits.input_bits == 0) return;
  const BitShares shares = SharesOf(device->bits);
  json["bit_activity"] = {{"input_ones", shares.input_ones},
                          {"input_toggles", shares.input_toggles},
                          {"product_ones", shares.product_ones},
                          {"product_toggles", shares.product_toggles}};
}

std::string FormatJoules(Joules energy) {
  const double joules = energy.value();
  const char* unit = "J";
  double shown = joules;
  if (std::abs(joules) < 1) {
    unit = std::abs(joules) < 1e-3 ? "uJ" : "mJ";
    shown = joules * (std::abs(joules) < 1e-3 ? 1e6 : 1e3);
  }
  const int digits = shown >= 100 ? 0 : shown >= 10 ? 1 : 2;
  return absl::StrFormat("%.*f %s", digits, shown, unit);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file.good()) text << file.rdbuf();
  if (!file.good()) {
    return absl::NotFoundError(absl::StrCat("cannot read '", path, "'"));
  }
  return text.str();
}

}  // namespace mj
