#include "hw_backends/cim/analog_device.h"

#include <variant>

#include "absl/strings/str_cat.h"
#include "hw_backends/models/gemm_shape.h"
#include "kernels/panel.h"

namespace mj {
namespace {

// 8 bits in and out, 254 steps each, as IBM's aihwkit has them in its preset of
// a standard periphery; its IR drop is left out.
constexpr Periphery kStandard = {.input_levels = 127,
                                 .output_levels = 127,
                                 .output_bound = 10,
                                 .output_noise = 0.04f,
                                 .read_noise = 0.0175f};
constexpr int kAdcBits = 8;  // of ISAAC

absl::StatusOr<AnalogDevice> FromCore(const AnalogCore& core,
                                      const AnalogOptions& options) {
  AnalogDevice device;
  device.rows = core.inputs;
  device.columns = core.outputs;
  device.cells = options.cells.value_or(CellKind::kPcm);
  device.periphery = kStandard;
  return device;
}

// Weights of 8 bits in slices of cells, inputs bit by bit. Columns are coded so
// that their sums need one bit less (Shafiee et al., "ISAAC", 2016), and then
// the converter loses nothing: slices add up to the product of integers.
absl::StatusOr<AnalogDevice> FromCrossbar(const Crossbar& crossbar,
                                          const AnalogOptions& options) {
  if (options.age.count() > 0 ||
      options.cells.value_or(CellKind::kIdeal) != CellKind::kIdeal) {
    return absl::InvalidArgumentError(
        "its source gives no statistics of its cells: they are ideal, of age "
        "0");
  }
  const int bits =
      LosslessAdcBits(crossbar.rows, crossbar.dac_bits, crossbar.cell_bits) - 1;
  if (bits > kAdcBits) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a column needs a converter of ", bits, " bits, it has ", kAdcBits));
  }
  AnalogDevice device;
  device.rows = crossbar.rows;
  device.columns = crossbar.columns / CeilDiv(8, crossbar.cell_bits);
  device.periphery.weight_levels = 127;
  return device;
}

absl::StatusOr<AnalogDevice> FromUnit(const TileDevice& tile,
                                      const AnalogOptions& options) {
  if (const auto* core = std::get_if<AnalogCore>(&tile.unit)) {
    return FromCore(*core, options);
  }
  if (const auto* crossbar = std::get_if<Crossbar>(&tile.unit)) {
    return FromCrossbar(*crossbar, options);
  }
  return absl::InvalidArgumentError("it is not analog");
}

}  // namespace

absl::StatusOr<AnalogDevice> AnalogDeviceOf(const DeviceDescriptor& descriptor,
                                            const AnalogOptions& options) {
  const auto* tile = std::get_if<TileDevice>(&descriptor.unit);
  absl::StatusOr<AnalogDevice> device =
      tile == nullptr ? absl::InvalidArgumentError("it has no tiles")
                      : FromUnit(*tile, options);
  if (device.ok() && device->rows % kPanelGroup != 0) {
    device = absl::InvalidArgumentError(absl::StrCat(
        device->rows, " rows a tile are no multiple of ", kPanelGroup));
  }
  if (!device.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(descriptor.name, ": ", device.status().message()));
  }
  device->name = descriptor.name;
  device->tiles = tile->tiles;
  return device;
}

int64_t TilesOf(const AnalogDevice& device, int64_t rows, int64_t cols) {
  return CeilDiv(cols, device.rows) * CeilDiv(rows, device.columns);
}

int64_t TilesOf(const AnalogDevice& device, const ModelShape& model,
                const AnalogLayers& layers) {
  using Kind = MatrixRole::Kind;
  int64_t tiles = 0;
  const auto add = [&](const MatrixShape& matrix, MatrixRole role) {
    if (layers.Has(role)) tiles += TilesOf(device, matrix.rows, matrix.cols);
  };
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const LayerShape& layer = model.layers[i];
    const int index = static_cast<int>(i);
    add(layer.qkv, {Kind::kQkv, index});
    add(layer.output, {Kind::kOutput, index});
    add(layer.gate_up, {Kind::kGateUp, index});
    add(layer.down, {Kind::kDown, index});
  }
  add(model.head, {Kind::kHead});
  return tiles;
}

absl::Status CheckFits(const AnalogDevice& device, const ModelShape& model,
                       const AnalogOptions& options) {
  absl::Status known =
      options.layers.Check(static_cast<int>(model.layers.size()));
  if (!known.ok()) return known;
  const int64_t needed = TilesOf(device, model, options.layers);
  if (needed <= options.chips * device.tiles) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "its analog matrices need ", needed, " tiles of ", device.rows, " x ",
      device.columns, " weights, and ", options.chips, " x ", device.name,
      " has ", options.chips * device.tiles, "; it takes ",
      CeilDiv(needed, device.tiles),
      " chips (--chips), or fewer layers "
      "(--analog-layers)"));
}

}  // namespace mj
