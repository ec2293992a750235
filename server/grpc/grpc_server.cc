#include "server/grpc/grpc_server.h"

#include <google/protobuf/message.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/grpc/health/v1/health.pb.h"
#include "server/grpc/call_queue.h"
#include "server/grpc/energy_service.h"
#include "server/grpc/inference_context.h"
#include "server/grpc/inference_service.h"

namespace mj {

namespace {

// Cancelled calls leave within a step of the engine; a stuck engine must not
// keep the process alive.
constexpr Seconds kCancelGrace(5);

// Clients ping through minutes of silence; gRPC's defaults would answer that
// with GOAWAY too_many_pings.
void AllowKeepalive(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument("grpc.http2.max_ping_strikes", 0);
  builder.AddChannelArgument("grpc.http2.min_ping_interval_without_data_ms",
                             10000);
  builder.AddChannelArgument("grpc.keepalive_permit_without_calls", 1);
}

}  // namespace

struct GrpcServer::Impl {
  Impl(Engine& engine, Metrics& metrics, RequestLog& log, const ApiKeys* keys)
      : context{.service = service,
                .engine = engine,
                .metrics = metrics,
                .log = log,
                .keys = keys != nullptr ? *keys : no_keys,
                .clock = clock},
        energy{.service = energy_service,
               .engine = engine,
               .keys = context.keys,
               .clock = clock} {}

  absl::Status Listen(const GrpcOptions& options);

  const ApiKeys no_keys;
  const SteadyClock clock;
  v1::Inference::AsyncService service;
  v1::Energy::AsyncService energy_service;
  InferenceContext context;
  EnergyContext energy;
  std::vector<std::unique_ptr<CallQueue>> queues;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
};

absl::Status GrpcServer::Impl::Listen(const GrpcOptions& options) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  // gRPC's health service brings no description for reflection to show.
  google::protobuf::LinkMessageReflection<
      grpc::health::v1::HealthCheckRequest>();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.address, grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&service);
  builder.RegisterService(&energy_service);
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  builder.SetMaxSendMessageSize(options.max_message_bytes);
  // Or a second server would silently share the port.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  AllowKeepalive(builder);
  for (int i = 0; i < options.num_threads; ++i) {
    queues.push_back(std::make_unique<CallQueue>(builder.AddCompletionQueue()));
  }
  server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("gRPC cannot listen on ", options.address,
                     ": the port is in use, or the address is not this "
                     "host's; choose another with --grpc"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const GrpcOptions& options, Engine& engine, Metrics& metrics,
    RequestLog& log, const ApiKeys* keys) {
  auto impl = std::make_unique<Impl>(engine, metrics, log, keys);
  if (auto status = impl->Listen(options); !status.ok()) return status;
  for (auto& queue : impl->queues) {
    ServeInference(impl->context, *queue);
    ServeEnergy(impl->energy, *queue);
    queue->Start();
  }
  std::unique_ptr<GrpcServer> server(new GrpcServer(std::move(impl)));
  server->SetServing(false);
  return server;
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GrpcServer::~GrpcServer() { Shutdown(Seconds(0)); }

void GrpcServer::SetServing(bool serving) {
  for (const char* service :
       {v1::Inference::service_full_name(), v1::Energy::service_full_name()}) {
    impl_->server->GetHealthCheckService()->SetServingStatus(service, serving);
  }
}

void GrpcServer::Shutdown(Seconds drain) {
  if (impl_->context.draining.exchange(true)) return;
  SetServing(false);
  impl_->context.engine_calls.WaitForNone(drain);
  impl_->server->Shutdown(std::chrono::system_clock::now());
  impl_->context.engine_calls.WaitForNone(kCancelGrace);
  impl_->energy.watches.WaitForNone(kCancelGrace);
  for (auto& queue : impl_->queues) queue->Stop();
}

int GrpcServer::port() const { return impl_->port; }

}  // namespace mj
