// When a request that may wait (OpenAI's `service_tier: "flex"`) should start:
// in the window of its own length with the least carbon, if that window is
// worth waiting for and the deadline is certain to hold.
//
// A pure function. All times are of one clock; the grid's intensity is a step
// function, each point holding until the next.
#ifndef MILLIJOULE_ENGINE_SCHEDULE_FLEX_HOLD_H_
#define MILLIJOULE_ENGINE_SCHEDULE_FLEX_HOLD_H_

#include <optional>
#include <span>
#include <string_view>

#include "hw_backends/quantities.h"

namespace mj {

struct GridPoint {
  Seconds time{0};           // from when on
  double grams_per_kwh = 0;  // of CO2 equivalents
};

// The mean over [start, start + length); nothing where the series does not
// cover it. Its last point holds for as long as the one before it did.
// REQUIRES: `grid` ascends strictly in time; length > 0
std::optional<double> MeanIntensity(std::span<const GridPoint> grid,
                                    Seconds start, Seconds length);

struct FlexInput {
  Seconds now{0};
  std::optional<Seconds> deadline;  // of the whole reply
  Seconds predicted{0};             // from start to end of the work; > 0
  std::span<const GridPoint> grid;
};

struct FlexDecision {
  Seconds start{0};         // `now`: run at once
  std::string_view reason;  // in a word or two
};

// The last moment at which work of that length may start: it leaves kHoldMargin
// times the prediction and kHoldReserve.
Seconds LatestStart(Seconds deadline, Seconds predicted);

// Runs at once without a deadline, without a series that covers now, where
// nothing that comes in time saves kLeastSaving of the carbon, and where the
// slack is gone: no start is later than LatestStart. Of equal windows the
// earliest.
FlexDecision DecideFlexHold(const FlexInput& in);

// A reply takes longer in company than predicted alone, and one that was held
// has already lost the time to catch up.
inline constexpr double kHoldMargin = 2;
inline constexpr Seconds kHoldReserve{1};
inline constexpr double kLeastSaving = 0.05;  // below it waiting is for nothing

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SCHEDULE_FLEX_HOLD_H_
