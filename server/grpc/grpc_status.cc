#include "server/grpc/grpc_status.h"

#include <string>

#include "engine/text/utf8.h"

namespace mj {

namespace {
constexpr size_t kMaxMessageBytes = 1024;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // Both follow google.rpc.Code.
  const auto code = static_cast<grpc::StatusCode>(status.raw_code());
  std::string message(status.message().substr(0, kMaxMessageBytes));
  return grpc::Status(code, ReplaceInvalidUtf8(message));
}

grpc::Status FromEngine(const absl::Status& status) {
  if (!absl::IsResourceExhausted(status)) return ToGrpcStatus(status);
  return ToGrpcStatus(absl::UnavailableError(status.message()));
}

}  // namespace mj
