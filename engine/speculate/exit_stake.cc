#include "engine/speculate/exit_stake.h"

#include <algorithm>

namespace mj {
namespace {

Joules Saved(const ExitStake& stake, double leaving, bool all) {
  const Joules passes =
      (all && !stake.others ? stake.upper_pass : Joules(0)) - stake.skip_pass;
  return passes + leaving * (stake.upper_row - stake.skip_row);
}

}  // namespace

void ExitOdds::Observe(bool sure) {
  // A mean of few at first, the guess as two of them.
  const double weight = std::max(kWeight, 1.0 / (++answers_ + 2));
  sure_ += weight * ((sure ? 1 : 0) - sure_);
  unasked_ = 0;
}

bool LeavingPays(const ExitStake& stake, int leaving, int asked) {
  return leaving > 0 && Saved(stake, leaving, leaving == asked) > Joules(0);
}

bool AskingPays(const ExitStake& stake, std::span<const double> odds) {
  const auto rows = static_cast<double>(odds.size());
  double all = 1, sum = 0;
  for (double sure : odds) {
    all *= sure;
    sum += sure;
  }
  // Of those who leave, if not everyone does.
  const double some = all < 1 ? (sum - all * rows) / (1 - all) : 0;
  const Joules expected =
      all * std::max(Joules(0), Saved(stake, rows, true)) +
      (1 - all) * std::max(Joules(0), Saved(stake, some, false));
  return expected > stake.ask_pass + rows * stake.ask_row;
}

}  // namespace mj
