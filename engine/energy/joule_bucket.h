// A tenant's allowance of joules: a token bucket (RFC 2697's, with joules for
// bytes). It fills at a steady rate up to its burst, and work that has been
// done is taken out of it. What a request will cost is known only afterwards,
// so the level may go below zero; then new requests wait until it is above.
// Pure functions of (bucket, now, joules).
#ifndef MILLIJOULE_ENGINE_ENERGY_JOULE_BUCKET_H_
#define MILLIJOULE_ENGINE_ENERGY_JOULE_BUCKET_H_

#include "absl/status/status.h"
#include "hw_backends/quantities.h"

namespace mj {

struct JouleRate {
  Watts refill{0};  // joules a second; 0: the burst is all there is
  Joules burst{0};  // the most it holds
};

// INVALID_ARGUMENT: `refill` is negative, `burst` is not above 0, or one is
// not finite; names the key, its value and what is needed.
absl::Status Validate(const JouleRate& rate);

struct JouleBucket {
  Joules level{0};     // as of `updated`; negative: spent ahead
  Seconds updated{0};  // of the injected clock
};

JouleBucket FullBucket(const JouleRate& rate, Seconds now);

// As it is at `now`. A clock that goes back adds nothing.
JouleBucket Refill(JouleBucket bucket, const JouleRate& rate, Seconds now);

// With `spent` taken out. REQUIRES: spent >= 0
JouleBucket Debit(JouleBucket bucket, const JouleRate& rate, Seconds now,
                  Joules spent);

// From `now` until the level is above zero: 0 if it is, infinite if it will
// never be.
Seconds TimeUntilPositive(const JouleBucket& bucket, const JouleRate& rate,
                          Seconds now);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_JOULE_BUCKET_H_
