// Devices whose weights stand in arrays ("tiles") while activations pass:
// compute-in-memory, digital and analog. A tile holds R inputs x C outputs; a
// matrix [K, N] takes F = ceil(K/R) ceil(N/C) of them, all at once where there
// are as many, else in waves:
//   cycles  = ceil(F / tiles) (M * cycles a vector + depth)
//   joules  = F * M * cycles a vector * energy of a whole tile and cycle
//             * activity [* the used part of the tiles, where gated]
//           + activations in and out of buffers, partial sums between tiles
//           + static power * time
// Sparse weights take fewer inputs (N:M) or tiles (block); those of N:M come
// with ceil(log2 M) bits of index each (Mishra et al. 2021). Writing weights is
// apart: Placement.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_TILE_DEVICE_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_TILE_DEVICE_H_

#include <cstdint>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "hw_backends/models/bit_serial_column.h"
#include "hw_backends/models/coefficient_fields.h"
#include "hw_backends/models/colonnade.h"
#include "hw_backends/models/device_cost.h"
#include "hw_backends/models/device_op.h"
#include "hw_backends/models/imc_gates.h"
#include "hw_backends/models/surroundings.h"

namespace mj {

// What one tile does at one precision.
struct TilePoint {
  int64_t inputs = 0, outputs = 0;  // R, C
  double cycles_per_vector = 0;
  Seconds cycle{0};
  MacroJoules energy;  // of the whole tile, a cycle
};

// Colonnade at an operating voltage.
struct ColonnadeTile {
  Colonnade macro;
  Joules cycle_energy{0};
  // Parts of the energy: the rest is cells and adders.
  double driver_part = 0, control_part = 0;
};

// A macro built of gates.
struct GateTile {
  GateCosts gates;
  ImcMacro macro;
};

// A macro known by its rates: operations a cycle and joules an operation, at
// the one precision that it has.
struct RatedTile {
  int64_t inputs = 0, outputs = 0;
  double operations_per_cycle = 0;
  Hertz clock{0};
  Joules operation{0};
};

// An analog core that takes a whole vector at once and draws its power while
// it does.
struct AnalogCore {
  int64_t inputs = 0, outputs = 0;
  Seconds vector{0};
  Watts power{0};
  Joules conversion{0};  // of an ADC; one an output and vector
};

// Resistive crossbars whose bit lines share an ADC: inputs in slices of
// `dac_bits`, weights in `cell_bits` a column.
struct Crossbar {
  int64_t rows = 0, columns = 0;
  int cell_bits = 1, dac_bits = 1;
  double conversions_per_second = 0;
  Joules conversion{0}, row_drive{0}, shift_and_add{0}, read{0};
};

// Lossless resolution of an ADC: log2 R + v + w, less 1 where the DAC's bits v
// or the cell's bits w are 1 (Shafiee et al., "ISAAC", 2016).
constexpr int LosslessAdcBits(int64_t rows, int dac_bits, int cell_bits) {
  return CeilLog2(rows) + dac_bits + cell_bits -
         (dac_bits > 1 && cell_bits > 1 ? 0 : 1);
}

struct TileDevice {
  std::variant<ColonnadeTile, GateTile, RatedTile, AnalogCore, Crossbar> unit;
  int64_t tiles = 0;    // of one device
  int64_t depth = 0;    // cycles to fill and drain
  double activity = 1;  // toggles, of those the energy is for
  // Toggles of a cell's product, a cycle, that the energy is for; 0: nobody
  // knows, and counted toggles say nothing of joules.
  double reference_activity = 0;
  bool gated = false;      // unused rows and columns draw nothing
  bool must_stay = false;  // weights are never exchanged while it serves
  Joules write_byte{0};    // into the array
  Seconds write_row{0};    // a row of all outputs of a tile
};

// `family` is one of "colonnade", "imc-gates", "rated-macro", "analog-core",
// "crossbar".
TileDevice ReadTileDevice(std::string_view family, const CoefficientFile& file,
                          CoefficientFields& fields);
bool IsTileFamily(std::string_view family);

// REQUIRES: bits that the device takes.
TilePoint PointOf(const TileDevice& device, int input_bits, int weight_bits);

// Conversions of ADCs a MAC, where the unit has them; else 0:
//   ceil(b_x / b_dac) ceil(b_w / b_cell) / R
double ConversionsPerMac(const TileDevice& device, int input_bits,
                         int weight_bits);

// One matrix on the tiles it has; Cost(m) is closed form.
class TilePlan final {
 public:
  // `tiles` are those that the matrix may use at once. op.gemm.m is not read.
  TilePlan(const TileDevice& device, const Surroundings& around,
           const DeviceOp& op, int64_t tiles);

  DeviceCost Cost(int64_t m) const;
  int64_t folds() const { return folds_; }
  double utilisation() const { return utilisation_; }
  double weight_bytes() const { return weight_bytes_; }
  // Of a row: what follows the toggles of products.
  Joules toggling() const {
    return vector_energy_.array + vector_energy_.adders;
  }
  Seconds load_time() const { return load_time_; }
  Joules load_energy() const { return load_energy_; }

 private:
  TilePoint point_;
  Surroundings around_;
  int64_t folds_ = 0, waves_ = 0, depth_ = 0;
  double macs_ = 0;  // a row
  double weight_bytes_ = 0;
  double activation_bytes_ = 0;  // a row
  double partial_bytes_ = 0;     // a row, between tiles
  MacroJoules vector_energy_;    // a row
  double utilisation_ = 0;
  Seconds load_time_{0};
  Joules load_energy_{0};
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_TILE_DEVICE_H_
