#include "hw_backends/cim/cell_statistics.h"

#include <cmath>
#include <vector>

#include "hw_backends/cim/normal_source.h"

namespace mj {

CellStatistics SampleCells(CellKind kind, float target, Seconds age, int cells,
                           uint64_t seed) {
  const NormalSource normal(seed, 1);
  std::vector<float> programming(cells), drift(cells), read(cells);
  normal.Fill(0, 0, programming);
  normal.Fill(1, 0, drift);
  normal.Fill(2, 0, read);
  const CellsAt at(kind, age);
  double sum = 0, squares = 0;
  for (int i = 0; i < cells; ++i) {
    const double g = at.Read(target, {programming[i], drift[i], read[i]}).now;
    sum += g;
    squares += g * g;
  }
  const double mean = sum / cells;
  return {mean, std::sqrt(squares / cells - mean * mean)};
}

}  // namespace mj
