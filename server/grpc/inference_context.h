// What every call of the Inference service shares. Outlives all calls.
#ifndef MILLIJOULE_SERVER_GRPC_INFERENCE_CONTEXT_H_
#define MILLIJOULE_SERVER_GRPC_INFERENCE_CONTEXT_H_

#include <atomic>

#include "engine/engine.h"
#include "hw_backends/clock.h"
#include "server/api_keys.h"
#include "server/grpc/call_count.h"
#include "server/grpc/inference_api.h"
#include "server/metrics.h"
#include "server/request_log.h"

namespace mj {

struct InferenceContext {
  v1::Inference::AsyncService& service;
  Engine& engine;
  Metrics& metrics;
  RequestLog& log;
  const ApiKeys& keys;
  const Clock& clock;
  CallCount engine_calls;             // Generate and Embed
  std::atomic<bool> draining{false};  // new ones of them are refused
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_INFERENCE_CONTEXT_H_
