#include "engine/simulate/length_distribution.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mj {
namespace {

absl::Status Wrong(std::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "'", std::string(text), "' is not a number of tokens, uniform:LO:HI or ",
      "lognormal:MEDIAN:SIGMA, with lengths from 1 to ",
      LengthDistribution::kMostTokens, ", LO <= HI and SIGMA from 0 to 10"));
}

bool IsLength(double value) {
  return value >= 1 && value <= LengthDistribution::kMostTokens;
}

// The quantile of the lower tail, u < 0.02425.
double TailQuantile(double u) {
  const double q = std::sqrt(-2 * std::log(u));
  return (((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q -
             2.400758277161838e+00) *
                q -
            2.549732539343734e+00) *
               q +
           4.374664141464968e+00) *
              q +
          2.938163982698783e+00) /
         ((((7.784695709041462e-03 * q + 3.224671290700398e-01) * q +
            2.445134137142996e+00) *
               q +
           3.754408661907416e+00) *
              q +
          1);
}

double CentreQuantile(double u) {
  const double q = u - 0.5, r = q * q;
  return (((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r -
             2.759285104469687e+02) *
                r +
            1.383577518672690e+02) *
               r -
           3.066479806614716e+01) *
              r +
          2.506628277459239e+00) *
         q /
         (((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r -
             1.556989798598866e+02) *
                r +
            6.680131188771972e+01) *
               r -
           1.328068155288572e+01) *
              r +
          1);
}

}  // namespace

double NormalQuantile(double u) {
  constexpr double kTail = 0.02425;
  if (u < kTail) return TailQuantile(u);
  if (u > 1 - kTail) return -TailQuantile(1 - u);
  return CentreQuantile(u);
}

absl::StatusOr<LengthDistribution> LengthDistribution::Parse(
    std::string_view text) {
  const std::vector<std::string> parts =
      absl::StrSplit(absl::string_view(text.data(), text.size()), ':');
  double a = 0, b = 0;
  if (parts.size() == 1) {
    int length = 0;
    if (!absl::SimpleAtoi(parts[0], &length) || !IsLength(length)) {
      return Wrong(text);
    }
    return LengthDistribution(length);
  }
  if (parts.size() != 3 || !absl::SimpleAtod(parts[1], &a) ||
      !absl::SimpleAtod(parts[2], &b) || !IsLength(a)) {
    return Wrong(text);
  }
  LengthDistribution d(1);
  d.lognormal_ = parts[0] == "lognormal";
  d.low_ = d.lognormal_ ? a : std::ceil(a);
  d.high_ = d.lognormal_ ? b : std::floor(b);
  const bool good =
      d.lognormal_ ? b >= 0 && b <= 10
                   : parts[0] == "uniform" && IsLength(b) && d.low_ <= d.high_;
  if (!good) return Wrong(text);
  return d;
}

int LengthDistribution::At(double u) const {
  double length = std::floor(low_ + u * (high_ - low_ + 1));
  if (lognormal_) {
    length =
        std::round(low_ * std::exp(high_ * NormalQuantile(std::max(u, 1e-12))));
  } else {
    length = std::min(length, high_);
  }
  return static_cast<int>(std::clamp(length, 1.0, double{kMostTokens}));
}

}  // namespace mj
