#include "engine/draft_permission.h"

#include <algorithm>
#include <utility>

#include "engine/step_batch.h"

namespace mj {

int MostDrafted(const Sequence& s) { return s.max_tokens - s.num_tokens() - 1; }

bool TakesExitsWord(const Request& request) {
  return request.quality == Quality::kAdaptive &&
         request.speculation == Speculation::kAuto &&
         NumTopWanted(request) == 1;
}

DraftPermission::DraftPermission(Speculation by_default,
                                 std::vector<Drafter> others)
    : by_default_(by_default), others_(std::move(others)) {}

bool DraftPermission::Has(Drafter drafter) const {
  return drafter == Drafter::kNgram ||
         std::ranges::find(others_, drafter) != others_.end();
}

Speculation DraftPermission::Of(const Sequence& s) const {
  if (MostDrafted(s) <= 0) return Speculation::kOff;
  const Speculation asked = s.request->request.speculation;
  return asked == Speculation::kAuto ? by_default_ : asked;
}

bool DraftPermission::Allows(Speculation allowed, Drafter drafter) const {
  switch (allowed) {
    case Speculation::kAuto:
      return Has(drafter);
    case Speculation::kOff:
      return false;
    case Speculation::kNgram:
      return drafter == Drafter::kNgram;
    case Speculation::kDraft:
      return drafter == Drafter::kDraftModel && Has(drafter);
    case Speculation::kExit:
      return drafter == Drafter::kExitHead && Has(drafter);
  }
  return false;
}

}  // namespace mj
