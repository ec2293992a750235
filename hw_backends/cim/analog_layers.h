// Which of a model's matrices an analog device holds; the others are digital.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_ANALOG_LAYERS_H_
#define MILLIJOULE_HW_BACKENDS_CIM_ANALOG_LAYERS_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/matrix_role.h"

namespace mj {

class AnalogLayers final {
 public:
  AnalogLayers() = default;  // all
  // "all", "none", or some of layers, ranges of them and the head:
  // "0-5,7,head". INVALID_ARGUMENT names what is none of these.
  static absl::StatusOr<AnalogLayers> Parse(std::string_view text);

  bool Has(const MatrixRole& role) const;
  // INVALID_ARGUMENT names a layer that is not among `num_layers`.
  absl::Status Check(int num_layers) const;

  bool operator==(const AnalogLayers&) const = default;

 private:
  struct Range {
    int first = 0, last = 0;
    bool operator==(const Range&) const = default;
  };
  absl::Status Add(std::string_view item);

  bool all_ = true;
  bool head_ = false;
  std::vector<Range> ranges_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_ANALOG_LAYERS_H_
