// What every call of the Energy service shares. Outlives all calls.
#ifndef MILLIJOULE_SERVER_GRPC_ENERGY_CONTEXT_H_
#define MILLIJOULE_SERVER_GRPC_ENERGY_CONTEXT_H_

#include "engine/engine.h"
#include "hw_backends/clock.h"
#include "server/api_keys.h"
#include "server/grpc/call_count.h"
#include "server/grpc/inference_api.h"

namespace mj {

struct EnergyContext {
  v1::Energy::AsyncService& service;
  Engine& engine;
  const ApiKeys& keys;
  const Clock& clock;
  CallCount watches;  // Watch calls
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_ENERGY_CONTEXT_H_
