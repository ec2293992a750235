// The Telemetry messages of one Watch call: rates between two looks at the
// engine's counters.
//
// A step's joules are known when it has ended. Until then the power is that of
// the latest time whose joules are known, which is seldom the time between two
// messages.
#ifndef MILLIJOULE_SERVER_GRPC_TELEMETRY_MESSAGE_H_
#define MILLIJOULE_SERVER_GRPC_TELEMETRY_MESSAGE_H_

#include <optional>

#include "engine/engine_stats.h"
#include "hw_backends/quantities.h"
#include "server/grpc/inference_api.h"

namespace mj {

class TelemetryWriter final {
 public:
  // `stats` as of `now`, on a clock that never goes back; `unix_seconds` is
  // the same moment for people.
  v1::Telemetry Next(const EngineStats& stats, Seconds now,
                     double unix_seconds);

 private:
  struct Look {
    Seconds time{0};
    uint64_t tokens = 0;
  };
  struct EnergyLook {
    Seconds known_time{0};
    Joules joules{0};
    uint64_t tokens = 0;
  };
  void FillEnergy(const EngineStats& stats, v1::Telemetry& message);

  std::optional<Look> last_;
  std::optional<EnergyLook> last_energy_;
  std::optional<Watts> watts_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_TELEMETRY_MESSAGE_H_
