#include "server/grpc/call_metadata.h"

#include <chrono>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mj {

namespace {

constexpr char kRequestId[] = "x-request-id";

}  // namespace

std::string_view FindMetadata(const grpc::ServerContext& call,
                              std::string_view name) {
  const auto& metadata = call.client_metadata();
  const auto found = metadata.find(grpc::string_ref(name.data(), name.size()));
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

absl::StatusOr<std::string> TenantOf(const grpc::ServerContext& call,
                                     const ApiKeys& keys) {
  const std::string_view authorization = FindMetadata(call, "authorization");
  std::optional<std::string> tenant = keys.TenantOf(authorization);
  if (tenant.has_value()) return *std::move(tenant);
  return absl::UnauthenticatedError(
      "needs 'authorization: Bearer KEY' with a known key");
}

absl::Status CheckOperator(const grpc::ServerContext& call,
                           const ApiKeys& keys) {
  const absl::StatusOr<std::string> tenant = TenantOf(call, keys);
  if (!tenant.ok()) return tenant.status();
  if (!keys.required() || *tenant == kOperatorTenant) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("needs the key named operator, not ", *tenant, "'s"));
}

std::optional<Seconds> TimeLeft(const grpc::ServerContext& call) {
  const auto deadline = call.deadline();
  using TimePoint = std::chrono::system_clock::time_point;
  if (deadline == TimePoint::max()) return std::nullopt;
  return deadline - std::chrono::system_clock::now();
}

CallOrigin OriginOf(const grpc::ServerContext& call) {
  CallOrigin origin{.transport = "grpc"};
  const std::string_view id = FindMetadata(call, kRequestId);
  if (IsRequestId(id)) origin.request_id = id;
  origin.trace_id = TraceIdOf(FindMetadata(call, "traceparent")).value_or("");
  return origin;
}

void EchoRequestId(grpc::ServerContext& call) {
  const std::string_view id = FindMetadata(call, kRequestId);
  if (IsRequestId(id)) call.AddInitialMetadata(kRequestId, std::string(id));
}

}  // namespace mj
