// What one engine step computes, without its contents.
#ifndef MILLIJOULE_KERNELS_STEP_SHAPE_H_
#define MILLIJOULE_KERNELS_STEP_SHAPE_H_

#include <cstdint>
#include <vector>

namespace mj {

struct SequenceShape {
  int num_tokens = 0;      // rows of this step
  int context_tokens = 0;  // positions already in the KV cache
  int num_logits = 0;      // rows whose logits are wanted: taken for the last
  int num_hidden = 0;      // rows whose last hidden state alone is wanted

  // Rows that pass the last layer whole.
  int num_whole() const { return num_logits + num_hidden; }
};

struct StepShape {
  std::vector<SequenceShape> sequences;
};

// Rows of a step by how far they run: each count is part of the one before.
struct RowCounts {
  int64_t all = 0, whole = 0, logits = 0;

  bool operator==(const RowCounts&) const = default;
  RowCounts& operator+=(const RowCounts& o) {
    all += o.all;
    whole += o.whole;
    logits += o.logits;
    return *this;
  }
};

inline RowCounts CountRows(const SequenceShape& s) {
  return {s.num_tokens, s.num_whole(), s.num_logits};
}

inline RowCounts CountRows(const StepShape& step) {
  RowCounts rows;
  for (const SequenceShape& s : step.sequences) rows += CountRows(s);
  return rows;
}

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_STEP_SHAPE_H_
