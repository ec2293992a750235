// How a server ends without losing what it was asked.
#ifndef MILLIJOULE_SERVER_COMMANDS_DRAIN_H_
#define MILLIJOULE_SERVER_COMMANDS_DRAIN_H_

#include "hw_backends/clock.h"
#include "hw_backends/quantities.h"
#include "server/api.h"
#include "server/commands/stop_signals.h"
#include "server/grpc/grpc_server.h"
#include "server/http_server.h"
#include "server/logging.h"
#include "server/service_manager.h"

namespace mj {

struct DrainTimes {
  Seconds delay{0};     // requests are still taken
  Seconds timeout{30};  // of what is in flight then
};

// What serves, and who is told.
struct Listeners {
  Api& api;
  Engine& engine;
  HttpServer& http;
  GrpcServer& grpc;
  ServiceManager& manager;
  const Clock& clock;
  Logger& log;
};

// At once nobody is told "ready" any more, and for `delay` all is served, so
// that whoever balances load finds out before a request is refused. Then new
// ones are refused, what is in flight has `timeout` to end, and what is left
// is cancelled, each caller told why. A signal ends the waiting. The calling
// thread is the one that `signals` and `manager` belong to.
void Drain(const Listeners& listeners, const DrainTimes& times,
           const StopSignals& signals);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_COMMANDS_DRAIN_H_
