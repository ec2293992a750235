#include "server/grpc/call_metadata.h"

#include <chrono>
#include <string_view>

#include "absl/status/status.h"

namespace mj {

namespace {

constexpr char kRequestId[] = "x-request-id";

std::string_view Find(const grpc::ServerContext& call, const char* key) {
  const auto& metadata = call.client_metadata();
  const auto found = metadata.find(key);
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

}  // namespace

absl::StatusOr<std::string> TenantOf(const grpc::ServerContext& call,
                                     const ApiKeys& keys) {
  const std::string_view authorization = Find(call, "authorization");
  std::optional<std::string> tenant = keys.TenantOf(authorization);
  if (tenant.has_value()) return *std::move(tenant);
  return absl::UnauthenticatedError(
      "needs 'authorization: Bearer KEY' with a known key");
}

std::optional<Seconds> TimeLeft(const grpc::ServerContext& call) {
  const auto deadline = call.deadline();
  using TimePoint = std::chrono::system_clock::time_point;
  if (deadline == TimePoint::max()) return std::nullopt;
  return deadline - std::chrono::system_clock::now();
}

void EchoRequestId(grpc::ServerContext& call) {
  const std::string_view id = Find(call, kRequestId);
  if (!id.empty()) call.AddInitialMetadata(kRequestId, std::string(id));
}

}  // namespace mj
