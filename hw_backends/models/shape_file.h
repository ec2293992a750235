// Models known by their sizes alone, as data: enough to price their steps.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_SHAPE_FILE_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_SHAPE_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kernels/model_shape.h"

namespace mj {

// A model as virtual time serves it.
struct ServedShape {
  ModelShape shape;
  int64_t weight_bytes = 0;   // all weights, each once
  int context = 0;            // positions a sequence may have
  std::string fingerprint{};  // of the file with the weights; empty: none
};

// INVALID_ARGUMENT names file and key.
absl::StatusOr<ServedShape> ParseShape(std::string_view file,
                                       std::string_view text);

// What is compiled in (shapes/*.toml). NOT_FOUND lists the known names.
absl::StatusOr<ServedShape> FindShape(std::string_view name);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_SHAPE_FILE_H_
