// A step narrowed to some of its rows, as Backend::KeepRows() tells.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_KEPT_ROWS_H_
#define MILLIJOULE_HW_BACKENDS_CPU_KEPT_ROWS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "hw_backends/backend.h"
#include "hw_backends/cpu/matrix_ref.h"

namespace mj {

// Row i becomes what row rows[i] was, for its first `cols` elements.
// REQUIRES: rows ascend, each once.
void MoveRowsUp(std::span<const int> rows, int64_t cols, MatrixRef buffer);

// The sequences of the rows that are left, numbered anew. What lies side by
// side in one sequence stays together; a gap parts it in two, with one block
// table. REQUIRES: `rows` as above, and `sequences` in the order of their rows.
std::vector<StepSequence> SequencesOfRows(
    std::span<const int> rows, std::span<const StepSequence> sequences);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_KEPT_ROWS_H_
