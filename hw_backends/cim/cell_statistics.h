// What many cells that were programmed to one conductance hold, as sampled.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_CELL_STATISTICS_H_
#define MILLIJOULE_HW_BACKENDS_CIM_CELL_STATISTICS_H_

#include <cstdint>

#include "hw_backends/cim/cell_noise.h"
#include "hw_backends/quantities.h"

namespace mj {

struct CellStatistics {
  double mean = 0,
         deviation = 0;  // of what is read, of the largest conductance
};

// Of `cells` cells, reads included; a function of its arguments alone.
CellStatistics SampleCells(CellKind kind, float target, Seconds age, int cells,
                           uint64_t seed);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_CELL_STATISTICS_H_
