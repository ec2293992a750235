#include "server/grpc/grpc_status.h"

#include <cmath>
#include <optional>
#include <string>

#include "engine/request/request_error.h"
#include "engine/text/utf8.h"
#include "proto/google/rpc/error_details.pb.h"
#include "proto/google/rpc/status.pb.h"

namespace mj {

namespace {

constexpr size_t kMaxMessageBytes = 1024;

// google.rpc.Status with a RetryInfo; "" where a retry is no use.
std::string RetryDetails(const absl::Status& status,
                         const std::string& message) {
  const std::optional<Seconds> wait = QuotaWaitOf(status);
  if (!wait || !std::isfinite(wait->count())) return "";
  google::rpc::RetryInfo info;
  const double whole = std::floor(wait->count());
  info.mutable_retry_delay()->set_seconds(static_cast<int64_t>(whole));
  info.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(1e9 * (wait->count() - whole)));
  google::rpc::Status details;
  details.set_code(status.raw_code());
  details.set_message(message);
  details.add_details()->PackFrom(info);
  return details.SerializeAsString();
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // Both follow google.rpc.Code.
  const auto code = static_cast<grpc::StatusCode>(status.raw_code());
  std::string message(status.message().substr(0, kMaxMessageBytes));
  message = ReplaceInvalidUtf8(message);
  return grpc::Status(code, message, RetryDetails(status, message));
}

grpc::Status FromEngine(const absl::Status& status) {
  const bool capacity =
      absl::IsResourceExhausted(status) && !QuotaWaitOf(status);
  if (!capacity) return ToGrpcStatus(status);
  return ToGrpcStatus(absl::UnavailableError(status.message()));
}

}  // namespace mj
