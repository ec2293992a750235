// An analog compute-in-memory device as its arithmetic sees it. Quantities of
// a tile are in units of the largest weight times the largest input.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_ANALOG_DEVICE_H_
#define MILLIJOULE_HW_BACKENDS_CIM_ANALOG_DEVICE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/cim/analog_options.h"
#include "hw_backends/models/device_descriptor.h"
#include "kernels/model_shape.h"

namespace mj {

// Between a tile and the digital world.
struct Periphery {
  int input_levels = 127;  // of either sign
  // A weight is one of so many levels of either sign in cells; 0: of any size.
  int weight_levels = 0;
  // The converter of a column: levels of either sign up to `bound`; 0: it
  // resolves whatever a column may hold.
  int output_levels = 0;
  float output_bound = 0;
  float output_noise = 0;  // before the converter, each read
  // Of a weight w, each read: read_noise sqrt(|w|)
  float read_noise = 0;
};

struct AnalogDevice {
  std::string name;
  int64_t rows = 0, columns = 0;  // of a tile: inputs, outputs
  int64_t tiles = 0;              // of a chip
  CellKind cells = CellKind::kIdeal;
  Periphery periphery;
};

// The device with the cells of `options`. INVALID_ARGUMENT: it is not analog,
// or has nothing known that an option asks for.
absl::StatusOr<AnalogDevice> AnalogDeviceOf(const DeviceDescriptor& descriptor,
                                            const AnalogOptions& options);

// Tiles that a matrix [rows, cols] takes.
int64_t TilesOf(const AnalogDevice& device, int64_t rows, int64_t cols);
// Of the model's matrices that are in `layers`.
int64_t TilesOf(const AnalogDevice& device, const ModelShape& model,
                const AnalogLayers& layers);
// INVALID_ARGUMENT: `options` name layers that the model lacks, or too few
// chips; the message says how many tiles there are and it takes.
absl::Status CheckFits(const AnalogDevice& device, const ModelShape& model,
                       const AnalogOptions& options);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_ANALOG_DEVICE_H_
