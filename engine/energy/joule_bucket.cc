#include "engine/energy/joule_bucket.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"

namespace mj {

absl::Status Validate(const JouleRate& rate) {
  const double refill = rate.refill.value(), burst = rate.burst.value();
  if (!std::isfinite(refill) || refill < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "joules_per_second is ", refill, "; it must be a number from 0 up"));
  }
  if (!std::isfinite(burst) || burst <= 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "burst_joules is ", burst, "; it must be a number above 0"));
  }
  return absl::OkStatus();
}

JouleBucket FullBucket(const JouleRate& rate, Seconds now) {
  return {rate.burst, now};
}

JouleBucket Refill(JouleBucket bucket, const JouleRate& rate, Seconds now) {
  const Seconds passed = std::max(Seconds(0), now - bucket.updated);
  return {std::min(rate.burst, bucket.level + rate.refill * passed),
          std::max(now, bucket.updated)};
}

JouleBucket Debit(JouleBucket bucket, const JouleRate& rate, Seconds now,
                  Joules spent) {
  assert(spent >= Joules(0));
  bucket = Refill(bucket, rate, now);
  bucket.level -= spent;
  return bucket;
}

Seconds TimeUntilPositive(const JouleBucket& bucket, const JouleRate& rate,
                          Seconds now) {
  const Joules level = Refill(bucket, rate, now).level;
  if (level > Joules(0)) return Seconds(0);
  if (rate.refill == Watts(0)) {
    return Seconds(std::numeric_limits<double>::infinity());
  }
  return Seconds((Joules(0) - level).value() / rate.refill.value());
}

}  // namespace mj
