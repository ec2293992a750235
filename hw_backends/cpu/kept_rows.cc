#include "hw_backends/cpu/kept_rows.h"

#include <algorithm>
#include <cassert>

namespace mj {

void MoveRowsUp(std::span<const int> rows, int64_t cols, MatrixRef buffer) {
  for (int i = 0; i < std::ssize(rows); ++i) {
    assert(i <= rows[i]);
    if (i != rows[i]) std::copy_n(buffer.row(rows[i]), cols, buffer.row(i));
  }
}

std::vector<StepSequence> SequencesOfRows(
    std::span<const int> rows, std::span<const StepSequence> sequences) {
  std::vector<StepSequence> kept;
  auto whole = sequences.begin();
  const StepSequence* latest = nullptr;  // the sequence of the row before
  for (int i = 0; i < std::ssize(rows); ++i) {
    while (rows[i] >= whole->first_row + whole->num_rows) ++whole;
    if (latest == &*whole && rows[i] == rows[i - 1] + 1) {
      ++kept.back().num_rows;
      continue;
    }
    latest = &*whole;
    kept.push_back({i, 1, whole->start_position + rows[i] - whole->first_row,
                    whole->block_table});
  }
  return kept;
}

}  // namespace mj
