#include "engine/energy/request_energy.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>

namespace mj {
namespace {

constexpr int kReportDigits = 3;  // more would tell about the neighbours

Joules Rounded(Joules energy) {
  return Joules(RoundToSignificant(energy.value(), kReportDigits));
}

}  // namespace

std::string_view WasteReasonName(WasteReason reason) {
  switch (reason) {
    case WasteReason::kAborted:
      return "aborted";
    case WasteReason::kPreempted:
      return "preempted";
    case WasteReason::kRejectedDraft:
      return "rejected_draft";
  }
  return "";
}

void RequestEnergy::Add(Phase phase, Joules energy) {
  (phase == Phase::kPrefill ? prefill_ : decode_) += energy;
}

void RequestEnergy::Add(Phase phase, Joules energy, double wasted_share,
                        WasteReason reason) {
  assert(0 <= wasted_share && wasted_share <= 1);
  Add(phase, energy);
  wasted_[static_cast<size_t>(reason)] += energy * wasted_share;
}

void RequestEnergy::Waste(Joules energy, WasteReason reason) {
  wasted_[static_cast<size_t>(reason)] += energy;
}

Joules RequestEnergy::Abort() {
  const Joules useful = std::max(Joules(0), total() - wasted());
  wasted_[static_cast<size_t>(WasteReason::kAborted)] += useful;
  return useful;
}

Joules RequestEnergy::wasted() const {
  const Joules sum = std::accumulate(wasted_.begin(), wasted_.end(), Joules(0));
  return std::min(sum, total());  // they may differ by a rounding
}

Joules RequestEnergy::wasted(WasteReason reason) const {
  return wasted_[static_cast<size_t>(reason)];
}

EnergyReport MakeReport(const RequestEnergy& energy, int output_tokens,
                        const ReportBasis& basis) {
  const Joules total = energy.total() * basis.scale;
  EnergyReport report;
  report.total = Rounded(total);
  report.prefill = Rounded(energy.prefill() * basis.scale);
  report.decode = Rounded(energy.decode() * basis.scale);
  report.wasted = Rounded(energy.wasted() * basis.scale);
  if (output_tokens > 0) {
    report.per_output_token = Rounded(total / output_tokens);
  }
  report.method = std::string(EnergyMethodName(basis.method));
  report.domain = basis.domain;
  report.calibration = basis.calibration;
  report.gco2e = RoundToSignificant(FootprintOf(total, basis.site).grams_co2e,
                                    kReportDigits);
  return report;
}

// Through decimal text, so that the result is the double nearest to its few
// digits and prints as such.
double RoundToSignificant(double value, int digits) {
  assert(digits >= 1);
  if (value == 0 || !std::isfinite(value)) return value;
  char text[32];
  std::snprintf(text, sizeof(text), "%.*e", digits - 1, value);
  return std::strtod(text, nullptr);
}

}  // namespace mj
