#include "hw_backends/models/carbon_factors.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "hw_backends/models/coefficient_file.h"
#include "hw_backends/models/data_files.h"

namespace mj {
namespace {

constexpr std::string_view kGridPrefix = "grid.";
constexpr std::string_view kWaterPrefix = "grid_water.";
constexpr std::string_view kEmbodiedPrefix = "embodied.";

absl::StatusOr<Factor> ReadFactor(CoefficientFile& file, const std::string& key,
                                  std::string_view unit) {
  const absl::StatusOr<double> value = file.Number(key, unit);
  if (!value.ok()) return value.status();
  const Coefficient& c = *file.Find(key);
  return Factor{*value, c.source, c.year};
}

absl::Status Wrong(const CoefficientFile& file, const std::string& key,
                   std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(file.name(), ": ", key, " ", std::string(what)));
}

// Leaves `out` as it is where the file does not name the key.
absl::Status Override(CoefficientFile& file, const std::string& key,
                      std::string_view unit, Factor& out) {
  if (!file.Has(key)) return absl::OkStatus();
  absl::StatusOr<Factor> factor = ReadFactor(file, key, unit);
  if (factor.ok()) out = *std::move(factor);
  return factor.status();
}

GridFactor* FindPlace(CarbonFactors& factors, const std::string& place) {
  const auto found =
      std::find_if(factors.grids.begin(), factors.grids.end(),
                   [&](const GridFactor& g) { return g.place == place; });
  return found == factors.grids.end() ? nullptr : &*found;
}

absl::Status ReadGrids(CoefficientFile& file, CarbonFactors& factors) {
  for (const std::string& key : file.Keys(kGridPrefix)) {
    absl::StatusOr<Factor> carbon = ReadFactor(file, key, "g/kWh");
    if (!carbon.ok()) return carbon.status();
    if (!carbon->year) return Wrong(file, key, "has no `year`");
    const std::string place = key.substr(kGridPrefix.size());
    if (GridFactor* known = FindPlace(factors, place)) {
      known->carbon = *std::move(carbon);
    } else {
      factors.grids.push_back({place, *std::move(carbon), std::nullopt});
    }
  }
  std::sort(factors.grids.begin(), factors.grids.end(),
            [](const auto& a, const auto& b) { return a.place < b.place; });
  return absl::OkStatus();
}

absl::Status ReadWater(CoefficientFile& file, CarbonFactors& factors) {
  for (const std::string& key : file.Keys(kWaterPrefix)) {
    absl::StatusOr<Factor> water = ReadFactor(file, key, "L/kWh");
    if (!water.ok()) return water.status();
    const std::string place = key.substr(kWaterPrefix.size());
    GridFactor* grid = FindPlace(factors, place);
    if (grid == nullptr) {
      return Wrong(file, key, absl::StrCat("has no grid.", place));
    }
    grid->water = *std::move(water);
  }
  return absl::OkStatus();
}

absl::Status ReadEmbodied(CoefficientFile& file, CarbonFactors& factors) {
  if (file.Keys(kEmbodiedPrefix).empty()) return absl::OkStatus();
  absl::StatusOr<Factor> server = ReadFactor(file, "embodied.server", "kg");
  if (!server.ok()) return server.status();
  absl::StatusOr<Factor> life = ReadFactor(file, "embodied.lifetime", "years");
  if (!life.ok()) return life.status();
  if (life->value <= 0) {
    return Wrong(file, "embodied.lifetime", "is 0 years, must be more");
  }
  Embodied embodied{*std::move(server), *std::move(life)};
  absl::Status status =
      Override(file, "embodied.share", "ratio", embodied.share);
  if (!status.ok()) return status;
  if (embodied.share.value > 1) {
    return Wrong(file, "embodied.share",
                 absl::StrCat("is ", embodied.share.value, ", must be 0 to 1"));
  }
  factors.embodied = std::move(embodied);
  return absl::OkStatus();
}

absl::Status ReadSite(CoefficientFile& file, CarbonFactors& factors) {
  const std::string pue = "power_usage_effectiveness";
  absl::Status status =
      Override(file, pue, "ratio", factors.power_usage_effectiveness);
  status.Update(Override(file, "water_usage_effectiveness", "L/kWh",
                         factors.water_usage_effectiveness));
  if (!status.ok()) return status;
  if (factors.power_usage_effectiveness.value < 1) {
    return Wrong(file, pue,
                 absl::StrCat("is ", factors.power_usage_effectiveness.value,
                              ", must be at least 1"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CarbonFactors> ParseCarbonFactors(std::string_view file_name,
                                                 std::string_view text,
                                                 CarbonFactors factors) {
  absl::StatusOr<CoefficientFile> file =
      CoefficientFile::Parse(file_name, text);
  if (!file.ok()) return file.status();
  for (const auto read : {ReadSite, ReadGrids, ReadWater, ReadEmbodied}) {
    if (absl::Status s = read(*file, factors); !s.ok()) return s;
  }
  if (absl::Status s = file->CheckAllRead(); !s.ok()) return s;
  return factors;
}

absl::StatusOr<CarbonFactors> CompiledCarbonFactors() {
  for (const DataFile& file : CompiledDataFiles()) {
    if (file.name != "carbon.toml") continue;
    absl::StatusOr<CarbonFactors> factors =
        ParseCarbonFactors(file.name, file.text);
    // The default of a server that does not know where it stands.
    if (factors.ok()) {
      absl::StatusOr<GridFactor> world = FindGrid(*factors, "world");
      if (!world.ok()) return world.status();
    }
    return factors;
  }
  return absl::InternalError("carbon.toml is not compiled in");
}

absl::StatusOr<GridFactor> FindGrid(const CarbonFactors& factors,
                                    std::string_view place) {
  std::string known;
  for (const GridFactor& grid : factors.grids) {
    if (grid.place == place) return grid;
    absl::StrAppend(&known, known.empty() ? "" : ", ", grid.place);
  }
  return absl::NotFoundError(absl::StrCat(
      "no carbon factor for \"", std::string(place), "\"; known: ", known));
}

}  // namespace mj
