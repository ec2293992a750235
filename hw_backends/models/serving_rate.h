// A chip that holds a whole model as a pipeline: each user's token is somewhere
// in it, so
//   tokens a second = instances * users / latency of a token
//   joules a token  = power / tokens a second
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_SERVING_RATE_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_SERVING_RATE_H_

#include "hw_backends/quantities.h"

namespace mj {

struct ServingPoint {
  double instances = 1;  // of the model
  double users = 0;      // of one instance, in flight
  Seconds latency{0};    // of a token
  Watts power{0};        // of all instances
};

constexpr double TokensPerSecond(const ServingPoint& p) {
  return p.instances * p.users / p.latency.count();
}

constexpr Joules JoulesPerToken(const ServingPoint& p) {
  return p.power * Seconds(1 / TokensPerSecond(p));
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_SERVING_RATE_H_
