#include "hw_backends/cpu/step_rows.h"

#include "hw_backends/cpu/kept_rows.h"

namespace mj {

void StepRows::Begin(const StepView& step) {
  step_ = step;
  sequences_ = step.sequences;
  places_.resize(step.tokens.size());
  owners_.resize(step.tokens.size());
  for (size_t index = 0; index < step.sequences.size(); ++index) {
    const StepSequence& sequence = step.sequences[index];
    for (int r = 0; r < sequence.num_rows; ++r) {
      const int position = sequence.start_position + r;
      places_[sequence.first_row + r] = {
          position, sequence.block_table[position / kBlockSize]};
      owners_[sequence.first_row + r] = index;
    }
  }
  NotePositions();
}

void StepRows::Keep(std::span<const int> rows) {
  kept_sequences_ = SequencesOfRows(rows, sequences_);
  sequences_ = kept_sequences_;
  for (size_t i = 0; i < rows.size(); ++i) {
    places_[i] = places_[rows[i]];
    owners_[i] = owners_[rows[i]];
  }
  places_.resize(rows.size());
  NotePositions();
}

void StepRows::NotePositions() {
  positions_.clear();
  for (const RowPlace& place : places_) positions_.push_back(place.position);
}

}  // namespace mj
