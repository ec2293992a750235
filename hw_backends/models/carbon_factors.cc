#include "hw_backends/models/carbon_factors.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "hw_backends/models/coefficient_file.h"
#include "hw_backends/models/data_files.h"

namespace mj {
namespace {

constexpr std::string_view kGridPrefix = "grid.";
constexpr std::string_view kPueKey = "power_usage_effectiveness";
constexpr double kJoulesPerKwh = 3.6e6;

absl::StatusOr<GridFactor> ReadGrid(CoefficientFile& file,
                                    const std::string& key) {
  absl::StatusOr<double> grams = file.Number(key, "g/kWh");
  if (!grams.ok()) return grams.status();
  return GridFactor{key.substr(kGridPrefix.size()), *grams,
                    file.Find(key)->source};
}

}  // namespace

absl::StatusOr<CarbonFactors> ParseCarbonFactors(std::string_view file_name,
                                                 std::string_view text) {
  absl::StatusOr<CoefficientFile> file =
      CoefficientFile::Parse(file_name, text);
  if (!file.ok()) return file.status();
  CarbonFactors factors;
  absl::StatusOr<double> pue = file->Number(kPueKey, "ratio");
  if (!pue.ok()) return pue.status();
  if (*pue < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(file->name(), ": ", std::string(kPueKey), " is ", *pue,
                     ", must be at least 1"));
  }
  factors.power_usage_effectiveness = *pue;
  for (const std::string& key : file->Keys(kGridPrefix)) {
    absl::StatusOr<GridFactor> grid = ReadGrid(*file, key);
    if (!grid.ok()) return grid.status();
    factors.grids.push_back(*std::move(grid));
  }
  // The default of a server that does not know where it stands.
  absl::StatusOr<double> world = file->Number("grid.world", "g/kWh");
  if (!world.ok()) return world.status();
  if (absl::Status s = file->CheckAllRead(); !s.ok()) return s;
  return factors;
}

absl::StatusOr<CarbonFactors> CompiledCarbonFactors() {
  for (const DataFile& file : CompiledDataFiles()) {
    if (file.name == "carbon.toml") {
      return ParseCarbonFactors(file.name, file.text);
    }
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

double GramsCo2e(Joules energy, double power_usage_effectiveness,
                 double grams_per_kwh) {
  return energy.value() * power_usage_effectiveness / kJoulesPerKwh *
         grams_per_kwh;
}

}  // namespace mj
