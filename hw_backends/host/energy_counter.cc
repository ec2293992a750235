#include "hw_backends/host/energy_counter.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

Joules InJoules(uint64_t raw, const CounterTraits& traits) {
  return traits.unit * static_cast<double>(raw);
}

absl::Status Lost(uint64_t before, uint64_t after, Seconds elapsed,
                  const std::string& why) {
  return absl::DataLossError(absl::StrCat("went from ", before, " to ", after,
                                          " in ", elapsed.count(),
                                          " s: ", why));
}

}  // namespace

absl::StatusOr<uint64_t> CounterDelta(uint64_t before, uint64_t after,
                                      Seconds elapsed,
                                      const CounterTraits& traits) {
  const bool wrapped = after < before;
  if (wrapped && before > traits.range) {
    return Lost(before, after, elapsed, "it was reset");
  }
  const uint64_t counted =
      wrapped ? traits.range - before + after : after - before;
  const Joules most = traits.max_power * (elapsed + traits.update_period);
  if (InJoules(counted, traits) > most) {
    return Lost(
        before, after, elapsed,
        absl::StrCat(
            wrapped ? "it was reset, as a wrap would mean " : "that is ",
            InJoules(counted, traits).value(), " J where at most ",
            most.value(), " J are possible"));
  }
  if (traits.range > 0 &&
      InJoules(counted, traits) + InJoules(traits.range, traits) <= most) {
    return Lost(before, after, elapsed,
                absl::StrCat("it may have wrapped unseen, as it does each ",
                             InJoules(traits.range, traits).value(), " J and ",
                             most.value(), " J are possible"));
  }
  return counted;
}

absl::StatusOr<EnergySample> EnergyCounter::Advance(uint64_t raw, Seconds now) {
  if (!last_) moved_ = now;
  const absl::StatusOr<uint64_t> delta =
      last_ ? CounterDelta(*last_, raw, now - last_time_, traits_)
            : absl::StatusOr<uint64_t>(0);
  last_ = raw;
  last_time_ = now;
  if (!delta.ok() || *delta > 0) moved_ = now;
  if (!delta.ok()) return delta.status();
  total_ += *delta;
  return EnergySample{InJoules(total_, traits_), now, now - moved_};
}

}  // namespace mj
