// What speculation keeps of one sequence: plain data.
#ifndef MILLIJOULE_ENGINE_SPECULATE_DRAFT_STATE_H_
#define MILLIJOULE_ENGINE_SPECULATE_DRAFT_STATE_H_

#include <vector>

#include "engine/speculate/acceptance.h"
#include "engine/speculate/ngram_index.h"

namespace mj {

struct DraftState {
  NgramIndex ngram;
  int group = 0;  // of the sequence, as DraftClass's
  SequenceAcceptance acceptance;
  DraftClass of;  // of what is being verified
  std::vector<TokenId> offer;
  // An offer that was not taken, held against the tokens that come anyway.
  DraftClass shadow_of;
  std::vector<TokenId> shadow;
  int shadow_matched = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_DRAFT_STATE_H_
