// Units beside the banks of a memory see every row that all banks can open:
//   bandwidth = banks * bytes a row / row cycle time
// ("TransPIM", Zhou et al. 2022, computes there.)
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_NEAR_MEMORY_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_NEAR_MEMORY_H_

#include "hw_backends/quantities.h"

namespace mj {

// Bytes a second. REQUIRES: row_cycle > 0.
constexpr double BankBandwidth(double banks, double row_bytes,
                               Seconds row_cycle) {
  return banks * row_bytes / row_cycle.count();
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_NEAR_MEMORY_H_
