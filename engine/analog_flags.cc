#include "engine/analog_flags.h"

#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr double kOldest = 100;  // years

Flag AgeFlag(Seconds& out) {
  return {"age", "TIME",
          "since an analog device's weights were programmed: s, m, h, d or y",
          "0", [&out](const std::string& text) {
            const absl::StatusOr<double> age = ParseTime(text);
            if (!age.ok()) return age.status();
            if (*age > kOldest * kYearSeconds) {
              return absl::InvalidArgumentError(absl::StrCat(
                  "'", text, "' is over ", kOldest, "y, the most"));
            }
            out = Seconds(*age);
            return absl::OkStatus();
          }};
}

Flag LayersFlag(AnalogLayers& out) {
  return {"analog-layers", "all|none|LIST",
          "matrices in an analog device's cells: layers, ranges of them, head, "
          "as 0-5,7,head; the others are digital, in int8",
          "all", [&out](const std::string& text) {
            const absl::StatusOr<AnalogLayers> layers =
                AnalogLayers::Parse(text);
            if (layers.ok()) out = *layers;
            return layers.status();
          }};
}

Flag CellsFlag(std::optional<CellKind>& out) {
  return {"analog-cells", "ideal|pcm|hermes-1|hermes-2",
          "whose statistics an analog device's cells have", "the device's",
          [&out](const std::string& text) {
            const std::optional<CellKind> kind = ParseCellKind(text);
            if (!kind) {
              return absl::InvalidArgumentError(absl::StrCat(
                  "'", text, "' is none of ideal, pcm, hermes-1, hermes-2"));
            }
            out = kind;
            return absl::OkStatus();
          }};
}

Flag SeedFlag(uint64_t& out) {
  return {"device-seed", "N", "which of all analog devices of its kind it is",
          absl::StrCat(out), [&out](const std::string& text) {
            uint64_t seed = 0;
            if (!absl::SimpleAtoi(text, &seed)) {
              return absl::InvalidArgumentError(absl::StrCat(
                  "'", text, "' is not a whole number from 0 to 2^64 - 1"));
            }
            out = seed;
            return absl::OkStatus();
          }};
}

Flag CompensationFlag(bool& out) {
  return {"drift-compensation", "on|off",
          "scales an analog device's tiles by what is left of their currents",
          out ? "on" : "off", [&out](const std::string& text) {
            if (text != "on" && text != "off") {
              return absl::InvalidArgumentError(
                  absl::StrCat("'", text, "' is none of on, off"));
            }
            out = text == "on";
            return absl::OkStatus();
          }};
}

}  // namespace

std::vector<Flag> AnalogFlagTable(AnalogOptions& options) {
  return {IntFlag("chips", "analog devices that share the model", 1, 1 << 20,
                  options.chips),
          AgeFlag(options.age),
          LayersFlag(options.layers),
          CellsFlag(options.cells),
          CompensationFlag(options.drift_compensation),
          SeedFlag(options.seed)};
}

}  // namespace mj
