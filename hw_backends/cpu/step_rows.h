// The rows of a step that are computed: where each lies, and whose it is.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_STEP_ROWS_H_
#define MILLIJOULE_HW_BACKENDS_CPU_STEP_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hw_backends/backend.h"

namespace mj {

// Where a row of the step lies in its sequence.
struct RowPlace {
  int position = 0;
  int32_t block = 0;  // of the KV cache, for this position
};

class StepRows final {
 public:
  // All rows of `step`, whose spans must live as long as these are used.
  void Begin(const StepView& step);
  // Only these from now on: row i is what row rows[i] was. REQUIRES: they
  // ascend, each once.
  void Keep(std::span<const int> rows);

  int64_t size() const { return std::ssize(places_); }
  bool all() const { return size() == std::ssize(step_.tokens); }
  std::span<const int32_t> tokens() const { return step_.tokens; }  // of all
  // Of the rows that are left, numbered anew.
  std::span<const StepSequence> sequences() const { return sequences_; }
  std::span<const RowPlace> places() const { return places_; }
  std::span<const int32_t> positions() const { return positions_; }
  // The sequence of a row, as an index into the step's as it began.
  size_t owner(int64_t row) const { return owners_[static_cast<size_t>(row)]; }

 private:
  void NotePositions();

  StepView step_;
  std::span<const StepSequence> sequences_;
  std::vector<StepSequence> kept_sequences_;  // once rows were dropped
  std::vector<RowPlace> places_;
  std::vector<int32_t> positions_;
  std::vector<size_t> owners_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_STEP_ROWS_H_
