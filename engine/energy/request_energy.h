// The joules of one request, from its first chunk to its last token.
#ifndef MILLIJOULE_ENGINE_ENERGY_REQUEST_ENERGY_H_
#define MILLIJOULE_ENGINE_ENERGY_REQUEST_ENERGY_H_

#include <array>
#include <string>
#include <string_view>

#include "engine/energy/attribution.h"
#include "engine/energy/footprint.h"
#include "engine/request/energy_report.h"
#include "hw_backends/energy_meter.h"
#include "hw_backends/quantities.h"

namespace mj {

// Work that is charged to its request and also listed as waste.
enum class WasteReason {
  kAborted,        // the reply broke off, or ended before its first token
  kPreempted,      // tokens computed again after a preemption
  kRejectedDraft,  // speculated tokens the target did not choose
};
inline constexpr int kNumWasteReasons = 3;
std::string_view WasteReasonName(WasteReason reason);  // "aborted", ...

// Engine thread only. wasted() <= total() always.
class RequestEnergy final {
 public:
  void Add(Phase phase, Joules energy);
  // `wasted_share` of it in [0, 1] (wasted rows / rows) is waste too.
  void Add(Phase phase, Joules energy, double wasted_share, WasteReason reason);
  // A part of what was added, and not waste yet, has turned out to be.
  void Waste(Joules energy, WasteReason reason);
  // The reply is thrown away: all that was not waste becomes waste. Returns
  // how much that was.
  Joules Abort();

  Joules total() const { return prefill_ + decode_; }
  Joules prefill() const { return prefill_; }
  Joules decode() const { return decode_; }
  Joules wasted() const;
  Joules wasted(WasteReason reason) const;

 private:
  Joules prefill_{0}, decode_{0};
  std::array<Joules, kNumWasteReasons> wasted_{};
};

// What a reply's numbers are and what they mean for the climate.
struct ReportBasis {
  EnergyMethod method = EnergyMethod::kModelled;
  std::string domain{};
  std::string calibration{};
  // Counter joules / modelled joules of recent windows; 1 without a counter.
  double scale = 1;
  SiteFactors site{};  // as of now
};

// Each number is rounded to 3 significant digits by itself, here and nowhere
// else; before that total = prefill + decode, and wasted is a part of total.
EnergyReport MakeReport(const RequestEnergy& energy, int output_tokens,
                        const ReportBasis& basis);

// 0.012345 -> 0.0123 for 3 digits. Zero, infinities and NaN stay as they are.
double RoundToSignificant(double value, int digits);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_REQUEST_ENERGY_H_
