// Who may draft for a sequence: what its request asks for, what the server
// chose for those that leave it open, and who is there to do it.
#ifndef MILLIJOULE_ENGINE_DRAFT_PERMISSION_H_
#define MILLIJOULE_ENGINE_DRAFT_PERMISSION_H_

#include <vector>

#include "engine/request/request.h"
#include "engine/request/sequence.h"
#include "engine/speculate/drafter.h"

namespace mj {

// Tokens that a draft may have: the one after it must fit, too.
int MostDrafted(const Sequence& s);

// What the exit head guesses, the request takes unverified if it is sure.
bool TakesExitsWord(const Request& request);

class DraftPermission final {
 public:
  // `others`: those who are there beside n-grams, which always are.
  DraftPermission(Speculation by_default, std::vector<Drafter> others);

  bool Has(Drafter drafter) const;
  // kOff also where no draft fits.
  Speculation Of(const Sequence& s) const;
  bool Allows(Speculation allowed, Drafter drafter) const;

 private:
  const Speculation by_default_;
  const std::vector<Drafter> others_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_DRAFT_PERMISSION_H_
