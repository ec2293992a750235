// millijoule.v1.Energy on a completion queue.
#ifndef MILLIJOULE_SERVER_GRPC_ENERGY_SERVICE_H_
#define MILLIJOULE_SERVER_GRPC_ENERGY_SERVICE_H_

#include "absl/status/statusor.h"
#include "server/grpc/call_queue.h"
#include "server/grpc/energy_context.h"

namespace mj {

// Has `queue` take calls of every method until the server shuts down.
// `context` and `queue` outlive the server.
void ServeEnergy(EnergyContext& context, CallQueue& queue);

// The methods that answer at once; any thread.
v1::EnergyReportResponse EnergyReportOf(const Engine& engine);
v1::Limits LimitsOf(const Engine& engine);
// Changes the limits and returns the new ones. INVALID_ARGUMENT, with nothing
// changed: a cap or a rate out of its range, or a tenant that no key leads to.
absl::StatusOr<v1::Limits> SetLimits(const v1::SetLimitsRequest& request,
                                     Engine& engine, const ApiKeys& keys);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_ENERGY_SERVICE_H_
