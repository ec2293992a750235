#include "kernels/numerics.h"

namespace mj {
namespace {

constexpr Numerics kAll[] = {Numerics::kF32, Numerics::kBf16, Numerics::kInt8};

}  // namespace

std::string_view NumericsName(Numerics numerics) {
  switch (numerics) {
    case Numerics::kF32:
      return "f32";
    case Numerics::kBf16:
      return "bf16";
    case Numerics::kInt8:
      return "int8";
  }
  return "unknown";
}

std::optional<Numerics> ParseNumerics(std::string_view name) {
  for (Numerics numerics : kAll) {
    if (name == NumericsName(numerics)) return numerics;
  }
  return std::nullopt;
}

}  // namespace mj
