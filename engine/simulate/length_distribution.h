// How many tokens a made-up prompt or reply has.
#ifndef MILLIJOULE_ENGINE_SIMULATE_LENGTH_DISTRIBUTION_H_
#define MILLIJOULE_ENGINE_SIMULATE_LENGTH_DISTRIBUTION_H_

#include <string_view>

#include "absl/status/statusor.h"

namespace mj {

// "512": always; "uniform:LO:HI": whole numbers from LO to HI, equally likely;
// "lognormal:MEDIAN:SIGMA": exp of a normal around ln(MEDIAN), rounded. All
// from 1 to kMostTokens.
class LengthDistribution final {
 public:
  static constexpr int kMostTokens = 1'000'000;

  explicit LengthDistribution(int always) : low_(always), high_(always) {}
  // INVALID_ARGUMENT says what is wrong and lists the forms.
  static absl::StatusOr<LengthDistribution> Parse(std::string_view text);

  // `u`: uniform on [0, 1); the quantile there.
  int At(double u) const;

 private:
  double low_, high_;  // uniform; or median and sigma
  bool lognormal_ = false;
};

// The standard normal's quantile, to 1.2e-9 relative (Acklam 2003).
// REQUIRES: 0 < u < 1
double NormalQuantile(double u);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SIMULATE_LENGTH_DISTRIBUTION_H_
