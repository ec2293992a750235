// How activations are rounded on their way into a product with weights: the
// same for every token of a loaded model.
#ifndef MILLIJOULE_KERNELS_NUMERICS_H_
#define MILLIJOULE_KERNELS_NUMERICS_H_

#include <optional>
#include <string_view>

namespace mj {

enum class Numerics {
  kF32,   // not at all
  kBf16,  // to 16 bits: bfloat16, or integers with a float32 scale for each
          // group of 32 where a CPU multiplies those faster; sums in float32
  kInt8,  // to int8 in groups of 32, each with a float32 scale; exact sums in
          // a group, float32 across groups
};

std::string_view NumericsName(Numerics numerics);  // "f32", "bf16", "int8"
std::optional<Numerics> ParseNumerics(std::string_view name);

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_NUMERICS_H_
