// What comes with a call beside its message: who calls, how long they wait.
#ifndef MILLIJOULE_SERVER_GRPC_CALL_METADATA_H_
#define MILLIJOULE_SERVER_GRPC_CALL_METADATA_H_

#include <grpcpp/server_context.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "hw_backends/quantities.h"
#include "server/api_keys.h"
#include "server/call_origin.h"

namespace mj {

// The tenant that `authorization: Bearer KEY` names.
// UNAUTHENTICATED: keys are required and this one is missing or unknown.
absl::StatusOr<std::string> TenantOf(const grpc::ServerContext& call,
                                     const ApiKeys& keys);

// OK for the key named `operator`, and for everybody where no keys are
// required. UNAUTHENTICATED as above; PERMISSION_DENIED: another key.
absl::Status CheckOperator(const grpc::ServerContext& call,
                           const ApiKeys& keys);

// A metadata value by its lower-case name; "" where it is absent.
std::string_view FindMetadata(const grpc::ServerContext& call,
                              std::string_view name);

// Until the call's deadline, negative where it has passed; nothing where the
// client set none.
std::optional<Seconds> TimeLeft(const grpc::ServerContext& call);

// What the call's metadata say; without an `x-request-id` that is fit for it,
// there is none.
CallOrigin OriginOf(const grpc::ServerContext& call);

// Sends that `x-request-id`, if any, back in the initial metadata.
void EchoRequestId(grpc::ServerContext& call);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_CALL_METADATA_H_
