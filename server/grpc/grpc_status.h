// Our status as gRPC sends it: code for code, with one exception.
#ifndef MILLIJOULE_SERVER_GRPC_GRPC_STATUS_H_
#define MILLIJOULE_SERVER_GRPC_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace mj {

// Messages are cut at 1 KiB: clients refuse trailers over 8 KiB, and a
// character may take nine bytes there.
grpc::Status ToGrpcStatus(const absl::Status& status);

// For what the engine answers: its RESOURCE_EXHAUSTED is a lack of capacity,
// which another replica may have, hence UNAVAILABLE. On the wire
// RESOURCE_EXHAUSTED is kept for a tenant's own quota (QuotaWaitOf), and its
// details say in a google.rpc.RetryInfo how long to wait, if that helps.
grpc::Status FromEngine(const absl::Status& status);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_GRPC_GRPC_STATUS_H_
