#include "kernels/narrow_activations.h"

#include <cassert>

#include "kernels/scalar/quantise_rows.h"

namespace mj {

QuantiseRowsFn* NarrowQuantiseRows(int bits) {
  assert(bits == 2 || bits == 4);
  return bits == 2 ? scalar::QuantiseRowsTo<1> : scalar::QuantiseRowsTo<7>;
}

}  // namespace mj
