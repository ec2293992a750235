#include "server/grpc/grpc_server.h"

#include <gmock/gmock.h>

#include "tests/server/grpc/grpc_fixture.h"

namespace mj {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::HasSubstr;

class GrpcServerTest : public GrpcFixture {
 protected:
  HealthCheckResponse::ServingStatus Health(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    grpc::ClientContext call;
    const grpc::Status status = health_->Check(&call, request, &response);
    EXPECT_TRUE(status.ok()) << service << ": " << status.error_message();
    return response.status();
  }
};

TEST_F(GrpcServerTest, HealthFollowsReadiness) {
  StartServer();
  EXPECT_EQ(Health(""), HealthCheckResponse::SERVING) << "alive at once";
  EXPECT_EQ(Health(kService), HealthCheckResponse::NOT_SERVING);
  HealthCheckRequest request;
  request.set_service(kService);
  grpc::ClientContext call;
  auto watch = health_->Watch(&call, request);
  HealthCheckResponse seen;
  ASSERT_TRUE(watch->Read(&seen));
  EXPECT_EQ(seen.status(), HealthCheckResponse::NOT_SERVING);
  server_->SetServing(true);
  ASSERT_TRUE(watch->Read(&seen));
  EXPECT_EQ(seen.status(), HealthCheckResponse::SERVING);
  EXPECT_EQ(Health(kService), HealthCheckResponse::SERVING);
  server_->SetServing(false);
  ASSERT_TRUE(watch->Read(&seen));
  EXPECT_EQ(seen.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Health(""), HealthCheckResponse::SERVING);
}

TEST_F(GrpcServerTest, HealthOfAnUnknownService) {
  StartServer();
  HealthCheckRequest request;
  request.set_service("no.such.Service");
  HealthCheckResponse response;
  grpc::ClientContext check;
  EXPECT_EQ(health_->Check(&check, request, &response).error_code(),
            grpc::NOT_FOUND);
  grpc::ClientContext call;
  auto watch = health_->Watch(&call, request);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST_F(GrpcServerTest, ATakenPortIsAnErrorThatNamesIt) {
  StartServer();
  const std::string address = absl::StrCat("127.0.0.1:", server_->port());
  const auto second = GrpcServer::Start({.address = address}, *engine_,
                                        metrics_, request_log_, nullptr);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(second.status().message(), HasSubstr(address));
  EXPECT_EQ(Generate(Ask("x", 2)).tokens.size(), 2u);
}

TEST_F(GrpcServerTest, KeysGuardAllButHealth) {
  // The key is "sesame".
  const auto keys = ApiKeys::Parse(
      "alice:"
      "d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272");
  ASSERT_TRUE(keys.ok()) << keys.status();
  StartServer({}, &*keys);
  for (const char* header : {"", "Bearer wrong", "sesame"}) {
    grpc::ClientContext stream, unary;
    if (*header != '\0') stream.AddMetadata("authorization", header);
    if (*header != '\0') unary.AddMetadata("authorization", header);
    auto reader = stub_->Generate(&stream, Ask("x", 1));
    EXPECT_EQ(Read(*reader).status.error_code(), grpc::UNAUTHENTICATED);
    v1::ModelInfoResponse response;
    EXPECT_EQ(stub_->ModelInfo(&unary, {}, &response).error_code(),
              grpc::UNAUTHENTICATED);
  }
  grpc::ClientContext call;
  call.AddMetadata("authorization", "Bearer sesame");
  auto reader = stub_->Generate(&call, Ask("x", 1));
  EXPECT_TRUE(Read(*reader).status.ok());
  EXPECT_EQ(Health(""), HealthCheckResponse::SERVING);
}

TEST_F(GrpcServerTest, ShutdownLetsRunningCallsFinish) {
  StartServer();
  server_->SetServing(true);
  gate_.Close();
  Stream running;
  std::thread client([&] { running = Generate(Ask("x", 20)); });
  while (engine_->idle()) std::this_thread::yield();
  HealthCheckRequest request;
  request.set_service(kService);
  grpc::ClientContext call;
  auto watch = health_->Watch(&call, request);
  HealthCheckResponse seen;
  ASSERT_TRUE(watch->Read(&seen));
  std::thread stopper([&] { server_->Shutdown(Seconds(60)); });
  ASSERT_TRUE(watch->Read(&seen));
  EXPECT_EQ(seen.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Generate(Ask("late", 1)).status.error_code(), grpc::UNAVAILABLE);
  gate_.Open();
  stopper.join();
  client.join();
  EXPECT_TRUE(running.status.ok()) << running.status.error_message();
  EXPECT_EQ(running.tokens.size(), 20u);
}

TEST_F(GrpcServerTest, ShutdownCancelsWhatWouldNotEnd) {
  slow_steps_ = true;
  StartServer();
  grpc::ClientContext call;
  auto reader = stub_->Generate(&call, Ask("x", kEndless));
  v1::GenerateResponse message;
  ASSERT_TRUE(reader->Read(&message));
  server_->Shutdown(Seconds(0));
  EXPECT_FALSE(Read(*reader).status.ok());
  EXPECT_TRUE(BecomesIdle());
  EXPECT_LT(log_.steps, kEndless);
}

}  // namespace
}  // namespace mj
