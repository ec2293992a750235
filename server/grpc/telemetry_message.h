// The Telemetry messages of one Watch call: rates between two looks at the
// engine's counters.
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
    Joules joules{0};
    bool known = false;
    uint64_t tokens = 0;
  };
  std::optional<Look> last_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_TELEMETRY_MESSAGE_H_
