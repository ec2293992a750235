// How likely draft tokens are to be accepted.
//
// A draft holds up to its first mismatch. With a_j the chance that its token j
// holds if those before it do, k tokens bring
//   sum over i <= k of a_1 a_2 ... a_i
// accepted ones (Leviathan et al. 2023, where all a_j are equal).
//
// Learned on two levels, both with exponential forgetting. A class (drafter,
// kind of request, evidence) has a rate for each position, over the sequences
// of one group (a tenant: nobody's drafts tell of another's text); a position
// that was seldom reached takes the rate of the one before it, the first a
// prior. A sequence adds how much better or worse than its classes it has done
// of late, shrunk towards 0.
#ifndef MILLIJOULE_ENGINE_SPECULATE_ACCEPTANCE_H_
#define MILLIJOULE_ENGINE_SPECULATE_ACCEPTANCE_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/speculate/drafter.h"

namespace mj {

struct DraftClass {
  Drafter drafter = Drafter::kNgram;
  int request_class = 0;  // of the caller's own making, < kRequestClasses
  int evidence = 0;       // length of the match; 0 where there is none
  int group = 0;          // small numbers from 0 on
};
inline constexpr int kRequestClasses = 4;

// Of one draft, as the model judged it: in a step, or later by the tokens that
// came anyway, which costs nothing.
struct DraftOutcome {
  DraftClass of;
  int drafted = 0;   // tokens that were judged
  int accepted = 0;  // <= drafted; if less, the next one was wrong
};

struct PositionRate {
  float accepted = 0, tried = 0;
};

// What a sequence remembers: 36 bytes, from zero on.
struct SequenceAcceptance {
  struct Surprise {
    float sum = 0;  // of outcomes (0 or 1) less what was expected of the class
    float tried = 0;
    uint32_t last_step = 0;
  };
  std::array<Surprise, kNumDrafters - 1> of_drafter;
};

// The chances of a draft that grows by one token after the other.
class DraftOdds final {
 public:
  DraftOdds(std::span<const PositionRate> rates, double prior, double surprise);

  // That the next token and all before it are accepted.
  double next() const { return reached_ * rate_; }
  void Take();

 private:
  void ReadRate();

  std::span<const PositionRate> rates_;  // of the positions still to come
  double class_rate_, surprise_;
  double reached_ = 1, rate_ = 0;
};

class AcceptanceTable final {
 public:
  static constexpr int kPositions = 8;  // later ones share the last rate

  // `step` counts steps, at both.
  void Observe(const DraftOutcome& draft, int64_t step, SequenceAcceptance& of);
  DraftOdds Odds(const DraftClass& of, const SequenceAcceptance& sequence,
                 int64_t step) const;

 private:
  using Rates = std::array<PositionRate, kPositions>;

  std::vector<Rates> classes_;  // group after group, as far as any was seen
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_ACCEPTANCE_H_
