#include "engine/carbon_flags.h"

#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/energy/wall_time.h"

namespace mj {
namespace {

constexpr double kMaxPue = 10;  // a mistake beyond

Flag PueFlag(std::optional<double>& out) {
  return {"pue", "RATIO", "facility energy over IT energy", "the factors'",
          [&out](const std::string& text) {
            double value = 0;
            if (!absl::SimpleAtod(text, &value) ||
                !(value >= 1 && value <= kMaxPue)) {
              return absl::InvalidArgumentError(absl::StrCat(
                  "'", text, "' is not a number from 1 to ", kMaxPue));
            }
            out = value;
            return absl::OkStatus();
          }};
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // Of nothing, operator<< below would say that it failed.
  if (file.peek() == EOF && file.eof()) return text.str();
  if (!file || !(text << file.rdbuf())) {
    return absl::NotFoundError(absl::StrCat("cannot read '", path, "'"));
  }
  return text.str();
}

absl::Status Named(const char* flag, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(flag, ": ", status.message()));
}

absl::Status ReadFactors(const std::string& path, CarbonFactors& factors) {
  if (path.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> text = ReadText(path);
  if (!text.ok()) return Named("--carbon-file", text.status());
  absl::StatusOr<CarbonFactors> own =
      ParseCarbonFactors(path, *text, std::move(factors));
  if (!own.ok()) return Named("--carbon-file", own.status());
  factors = *std::move(own);
  return absl::OkStatus();
}

absl::Status ReadSeries(const std::string& path, Carbon& carbon) {
  if (path.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> text = ReadText(path);
  if (!text.ok()) return Named("--grid-series", text.status());
  absl::StatusOr<GridSeries> series = GridSeries::ParseCsv(path, *text);
  if (!series.ok()) return Named("--grid-series", series.status());
  carbon.series = std::make_shared<const GridSeries>(*std::move(series));
  carbon.series_source = path;
  return absl::OkStatus();
}

std::string WithSource(const Factor& factor) {
  std::string text = factor.source;
  if (factor.year) absl::StrAppend(&text, ", ", *factor.year);
  return text;
}

}  // namespace

std::vector<Flag> CarbonFlagTable(CarbonFlags& flags) {
  return {
      TextFlag("grid", "PLACE", "whose electricity: world, DEU, USA, ...",
               flags.grid),
      TextFlag("grid-series", "FILE",
               "CSV of timestamp,g_per_kwh: the grid's carbon over time",
               flags.series),
      TextFlag("carbon-file", "FILE",
               "TOML of own carbon and water factors, over the built-in ones",
               flags.file),
      PueFlag(flags.power_usage_effectiveness),
  };
}

absl::StatusOr<Carbon> LoadCarbon(const CarbonFlags& flags) {
  absl::StatusOr<CarbonFactors> factors = CompiledCarbonFactors();
  if (!factors.ok()) return factors.status();
  if (absl::Status s = ReadFactors(flags.file, *factors); !s.ok()) return s;
  if (flags.power_usage_effectiveness) {
    factors->power_usage_effectiveness = {*flags.power_usage_effectiveness,
                                          "--pue"};
  }
  absl::StatusOr<Carbon> carbon = MakeCarbon(*factors, flags.grid);
  if (!carbon.ok()) return Named("--grid", carbon.status());
  if (absl::Status s = ReadSeries(flags.series, *carbon); !s.ok()) return s;
  return carbon;
}

std::string DescribeCarbon(const Carbon& carbon) {
  const GridFactor& grid = carbon.grid;
  std::string text = absl::StrCat(
      grid.carbon.value, " g/kWh (", grid.place, ", ", WithSource(grid.carbon),
      "), PUE ", carbon.power_usage_effectiveness.value, " (",
      WithSource(carbon.power_usage_effectiveness), ")");
  if (carbon.series != nullptr) {
    text = absl::StrCat(carbon.series_source, " from ",
                        FormatWallTime(carbon.series->first()), " to ",
                        FormatWallTime(carbon.series->end()), ", else ", text);
  }
  return text;
}

}  // namespace mj
