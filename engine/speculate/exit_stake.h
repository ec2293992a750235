// Whether letting rows leave early pays: joules that it saves against joules
// that it costs. Pure.
//
// To ask the exit head costs a pass over its weights and a row of each that
// asks. A row that leaves saves its own work in the upper layers; only if no
// row is left does the step also save the pass over their weights. For it the
// weights that make keys and values in the skipped layers are read once more.
#ifndef MILLIJOULE_ENGINE_SPECULATE_EXIT_STAKE_H_
#define MILLIJOULE_ENGINE_SPECULATE_EXIT_STAKE_H_

#include <span>

#include "hw_backends/quantities.h"

namespace mj {

// How often a sequence has been sure of late, told before each step.
class ExitOdds final {
 public:
  double sure() const { return sure_; }
  // It was asked.
  void Observe(bool sure);
  // A step did without; after kMostUnasked of them it is worth asking again.
  void NoteUnasked() { ++unasked_; }
  bool is_stale() const { return unasked_ >= kMostUnasked; }

  static constexpr int kMostUnasked = 64;

 private:
  static constexpr double kWeight = 1.0 / 16;  // of the newest answer
  // A guess before the first: high, for a few answers correct it, and without
  // any it would stay wrong.
  double sure_ = 0.9;
  int answers_ = 0, unasked_ = 0;
};

// Of a step in which some rows may leave.
struct ExitStake {
  Joules ask_pass{0}, ask_row{0};    // the exit head
  Joules skip_pass{0}, skip_row{0};  // keys and values of skipped layers
  Joules upper_pass{0}, upper_row{0};  // what lies above the exit, saved
  bool others = false;  // rows that cannot leave are in the step
};

// Do `leaving` of so many rows that might save more than they cost?
// REQUIRES: 0 <= leaving <= asked
bool LeavingPays(const ExitStake& stake, int leaving, int asked);

// Is what may be expected to be saved worth asking all of them? Taken as
// independent of each other. REQUIRES: `odds` is not empty
bool AskingPays(const ExitStake& stake, std::span<const double> odds);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_EXIT_STAKE_H_
