// What the engine thread tells the control thread about each step, and the
// bounded ring it goes through.
#ifndef MILLIJOULE_ENGINE_ENERGY_TELEMETRY_H_
#define MILLIJOULE_ENGINE_ENERGY_TELEMETRY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/energy/request_energy.h"
#include "hw_backends/quantities.h"

namespace mj {

// A request's part of one step, modelled.
struct RequestShare {
  uint64_t request = 0;
  std::string tenant{};
  Phase phase = Phase::kPrefill;
  Joules energy{0};
};

// Waste is known later than the energy it is part of (an abort turns earlier
// steps into waste), so it travels by itself.
struct WasteRecord {
  WasteReason reason = WasteReason::kAborted;
  Joules energy{0};
};

// A request that was answered, well or not.
struct EndedRequest {
  std::string tenant{};
  int output_tokens = 0;
};

struct StepRecord {
  Seconds start{0}, end{0};  // of the injected clock
  std::vector<RequestShare> shares{};
  std::vector<WasteRecord> wasted{};
  std::vector<EndedRequest> ended{};
  // Scheduling, sampling, waiting for a busy host: nobody's tokens.
  Joules overhead{0};
};

// One producer thread, one consumer thread, neither ever waits. Slots are
// swapped, so their vectors are used again.
class TelemetryRing final {
 public:
  explicit TelemetryRing(size_t capacity);  // REQUIRES: capacity >= 1

  // Producer: false, and `record` untouched, when the ring is full; the
  // caller then appends the next step to it. On success `record` holds an old
  // record to clear and fill again.
  bool TryPush(StepRecord& record);
  // Consumer: false when empty.
  bool TryPop(StepRecord& record);

 private:
  std::vector<StepRecord> slots_;
  std::atomic<size_t> pushed_{0}, popped_{0};
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_TELEMETRY_H_
