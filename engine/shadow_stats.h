// What others need to know of shadow costing (shadow_account.h): plain data.
#ifndef MILLIJOULE_ENGINE_SHADOW_STATS_H_
#define MILLIJOULE_ENGINE_SHADOW_STATS_H_

#include <string>

#include "hw_backends/quantities.h"

namespace mj {

// Of one device, since the engine's start; modelled.
struct ShadowStats {
  std::string device;
  Joules energy{0};
  Seconds time{0};
  // Side by side: where one cannot hold the model, its cost is that of so many.
  double devices = 1;
  std::string weights_live;  // "in arrays", "in DRAM", ...
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SHADOW_STATS_H_
