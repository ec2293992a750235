#include "server/grpc/energy_service.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "tests/server/grpc/grpc_fixture.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Keys: "abc" is ann's, "sesame" the operator's.
constexpr const char* kKeys =
    "ann:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
    "operator:"
    "d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272\n";

class EnergyServiceTest : public GrpcFixture {
 protected:
  void Start(bool with_keys = false, const EngineOptions& options = {}) {
    if (with_keys) keys_ = *ApiKeys::Parse(kKeys);
    StartServer(options, &keys_);
    energy_ = v1::Energy::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()),
                            grpc::InsecureChannelCredentials()));
  }

  grpc::Status Set(const v1::SetLimitsRequest& request) {
    grpc::ClientContext call;
    return energy_->SetLimits(&call, request, &limits_);
  }
  v1::Limits Get() {
    v1::Limits limits;
    grpc::ClientContext call;
    EXPECT_TRUE(energy_->GetLimits(&call, {}, &limits).ok());
    return limits;
  }
  // A cap just above the idle power.
  double LowCap() {
    double watts = 0.01;
    while (!engine_->SetPowerCap(Watts(watts)).ok()) watts *= 1.01;
    EXPECT_TRUE(engine_->SetPowerCap(std::nullopt).ok());
    return watts;
  }

  ApiKeys keys_;
  v1::Limits limits_;
  std::unique_ptr<v1::Energy::Stub> energy_;
};

TEST_F(EnergyServiceTest, TheReportAddsUp) {
  Start();
  const Stream stream = Generate(Ask("What does it cost?", 50));
  ASSERT_TRUE(stream.status.ok());
  v1::EnergyReportResponse report;
  grpc::ClientContext call;
  ASSERT_TRUE(energy_->Report(&call, {}, &report).ok());
  EXPECT_TRUE(report.known());
  EXPECT_GT(report.prefill_joules(), 0);
  EXPECT_GT(report.decode_joules(), 0);
  EXPECT_NEAR(report.total_joules(),
              report.prefill_joules() + report.decode_joules() +
                  report.idle_joules() + report.overhead_joules(),
              1e-9 * report.total_joules());
  ASSERT_EQ(report.tenants_size(), 1);
  EXPECT_EQ(report.tenants(0).tenant(), "default");
  EXPECT_NEAR(report.tenants(0).joules(),
              report.prefill_joules() + report.decode_joules(),
              1e-9 * report.total_joules());
  EXPECT_NEAR(report.tenants(0).joules(),
              stream.last.summary().usage().energy().joules(),
              0.01 * report.tenants(0).joules());
  std::vector<std::string> reasons;
  for (const auto& wasted : report.wasted()) {
    reasons.push_back(wasted.reason());
    EXPECT_EQ(wasted.joules(), 0);
  }
  EXPECT_THAT(reasons, ElementsAre("aborted", "preempted", "rejected_draft"));
  EXPECT_EQ(report.method(), "modelled");
  EXPECT_FALSE(report.domain().empty());
  EXPECT_FALSE(report.calibration().empty());
  EXPECT_FALSE(report.has_scale());
  EXPECT_GT(report.uptime_seconds(), 0);
}

TEST_F(EnergyServiceTest, OnlyTheOperatorMayCall) {
  Start(/*with_keys=*/true);
  const struct {
    const char* name;
    const char* header;
    grpc::StatusCode code;
  } kCases[] = {
      {"no key", "", grpc::UNAUTHENTICATED},
      {"an unknown key", "Bearer nobody", grpc::UNAUTHENTICATED},
      {"a tenant's", "Bearer abc", grpc::PERMISSION_DENIED},
      {"the operator's", "Bearer sesame", grpc::OK},
  };
  for (const auto& c : kCases) {
    const auto with_key = [&](grpc::ClientContext& call) {
      if (*c.header != '\0') call.AddMetadata("authorization", c.header);
    };
    grpc::ClientContext report, get, set, watch;
    for (auto* call : {&report, &get, &set, &watch}) with_key(*call);
    v1::EnergyReportResponse response;
    v1::Limits limits;
    EXPECT_EQ(energy_->Report(&report, {}, &response).error_code(), c.code)
        << c.name;
    EXPECT_EQ(energy_->GetLimits(&get, {}, &limits).error_code(), c.code)
        << c.name;
    EXPECT_EQ(energy_->SetLimits(&set, {}, &limits).error_code(), c.code)
        << c.name;
    auto stream = energy_->Watch(&watch, {});
    v1::Telemetry message;
    EXPECT_EQ(stream->Read(&message), c.code == grpc::OK) << c.name;
    if (c.code == grpc::OK) watch.TryCancel();
    const grpc::StatusCode end = stream->Finish().error_code();
    EXPECT_EQ(end, c.code == grpc::OK ? grpc::CANCELLED : c.code) << c.name;
  }
}

TEST_F(EnergyServiceTest, TheCapIsSetReadAndRemoved) {
  Start();
  EXPECT_FALSE(Get().has_power_cap_watts());
  EXPECT_EQ(Get().busy_share(), 1);
  const double low = LowCap();
  v1::SetLimitsRequest request;
  request.set_power_cap_watts(low);
  ASSERT_TRUE(Set(request).ok());
  EXPECT_EQ(limits_.power_cap_watts(), low);
  EXPECT_LT(limits_.busy_share(), 1);
  EXPECT_THAT(limits_.reason(), HasSubstr("cap"));
  EXPECT_EQ(Get().busy_share(), limits_.busy_share());
  ASSERT_TRUE(Set({}).ok());
  EXPECT_EQ(Get().power_cap_watts(), low) << "absent: as it is";
  request.set_power_cap_watts(0);
  ASSERT_TRUE(Set(request).ok());
  EXPECT_FALSE(Get().has_power_cap_watts());
}

TEST_F(EnergyServiceTest, TenantsAreLimitedWhileServing) {
  Start(/*with_keys=*/true);
  const auto generate = [&](v1::GenerateResponse& last) {
    grpc::ClientContext call;
    call.AddMetadata("authorization", "Bearer abc");
    auto reader = stub_->Generate(&call, Ask("some prompt", 10));
    const Stream stream = Read(*reader);
    last = stream.last;
    return stream.status;
  };
  const auto set = [&](const v1::SetLimitsRequest& request) {
    grpc::ClientContext call;
    call.AddMetadata("authorization", "Bearer sesame");
    return energy_->SetLimits(&call, request, &limits_);
  };
  v1::SetLimitsRequest request;
  v1::JouleLimit* limit = request.add_tenants();
  limit->set_tenant("ann");
  limit->set_joules_per_second(0);
  limit->set_burst_joules(1e-12);
  ASSERT_TRUE(set(request).ok());
  ASSERT_EQ(limits_.tenants_size(), 1);
  EXPECT_EQ(limits_.tenants(0).tenant(), "ann");
  EXPECT_EQ(limits_.tenants(0).level_joules(), 1e-12);
  v1::GenerateResponse last;
  EXPECT_TRUE(generate(last).ok()) << "the level is above 0";
  const grpc::Status refused = generate(last);
  EXPECT_EQ(refused.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("'ann'"));
  ASSERT_TRUE(set({}).ok());
  EXPECT_LT(limits_.tenants(0).level_joules(), 0);
  v1::SetLimitsRequest free;
  free.add_unlimited_tenants("ann");
  ASSERT_TRUE(set(free).ok());
  EXPECT_EQ(limits_.tenants_size(), 0);
  EXPECT_TRUE(generate(last).ok());
}

TEST_F(EnergyServiceTest, BadLimitsChangeNothing) {
  Start();
  const double low = LowCap();
  const auto with_tenant = [](const char* name, double rate, double burst) {
    v1::SetLimitsRequest request;
    request.set_power_cap_watts(1000);
    v1::JouleLimit* limit = request.add_tenants();
    limit->set_tenant(name);
    limit->set_joules_per_second(rate);
    limit->set_burst_joules(burst);
    return request;
  };
  const auto twice = [&] {
    v1::SetLimitsRequest request = with_tenant("default", 1, 1);
    *request.add_tenants() = request.tenants(0);
    return request;
  };
  const auto both = [&] {
    v1::SetLimitsRequest request = with_tenant("default", 1, 1);
    request.add_unlimited_tenants("default");
    return request;
  };
  const auto with_cap = [&](double watts) {
    v1::SetLimitsRequest request = with_tenant("default", 1, 1);
    request.set_power_cap_watts(watts);
    return request;
  };
  const struct {
    const char* name;
    v1::SetLimitsRequest request;
    const char* word;
  } kCases[] = {
      {"negative rate", with_tenant("default", -1, 1), "joules_per_second"},
      {"no burst", with_tenant("default", 1, 0), "burst_joules"},
      {"not a number", with_tenant("default", NAN, 1), "joules_per_second"},
      {"a tenant without a key", with_tenant("zed", 1, 1), "'zed'"},
      {"the same tenant twice", twice(), "'default' is named twice"},
      {"limited and not", both(), "'default' is named twice"},
      {"a cap under idle", with_cap(0.5 * low), "power-cap-watts"},
      {"a negative cap", with_cap(-1), "power-cap-watts"},
      {"a cap that is no number", with_cap(NAN), "power-cap-watts"},
  };
  for (const auto& c : kCases) {
    const grpc::Status status = Set(c.request);
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT) << c.name;
    EXPECT_THAT(status.error_message(), HasSubstr(c.word)) << c.name;
    const v1::Limits limits = Get();
    EXPECT_FALSE(limits.has_power_cap_watts()) << c.name;
    EXPECT_EQ(limits.tenants_size(), 0) << c.name;
  }
}

TEST_F(EnergyServiceTest, WatchTellsRatesBetweenItsMessages) {
  Start();
  v1::WatchRequest request;
  request.set_interval_seconds(0.1);
  grpc::ClientContext call;
  auto stream = energy_->Watch(&call, request);
  v1::Telemetry first, second;
  ASSERT_TRUE(stream->Read(&first));
  EXPECT_FALSE(first.has_watts());
  EXPECT_FALSE(first.has_joules_per_token());
  EXPECT_EQ(first.busy_share(), 1);
  EXPECT_EQ(first.max_num_seqs(), EngineOptions().max_num_seqs);
  EXPECT_EQ(Generate(Ask("x", 20)).tokens.size(), 20u);
  ASSERT_TRUE(stream->Read(&second));
  EXPECT_GT(second.unix_seconds(), first.unix_seconds());
  EXPECT_TRUE(second.has_watts());
  EXPECT_GT(second.watts(), 0);
  EXPECT_EQ(second.method(), "modelled");
  call.TryCancel();
  while (stream->Read(&second)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(EnergyServiceTest, WatchRefusesIntervalsOutOfBounds) {
  Start();
  for (double seconds : {0.0, 0.05, -1.0, 61.0, double{NAN},
                         std::numeric_limits<double>::infinity()}) {
    v1::WatchRequest request;
    request.set_interval_seconds(seconds);
    grpc::ClientContext call;
    auto stream = energy_->Watch(&call, request);
    v1::Telemetry message;
    EXPECT_FALSE(stream->Read(&message)) << seconds;
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT) << seconds;
    EXPECT_THAT(status.error_message(), HasSubstr("from 0.1 to 60"));
  }
}

TEST_F(EnergyServiceTest, AWatcherDoesNotHoldUpTheShutdown) {
  Start();
  v1::WatchRequest request;
  request.set_interval_seconds(60);
  grpc::ClientContext call;
  auto stream = energy_->Watch(&call, request);
  v1::Telemetry message;
  ASSERT_TRUE(stream->Read(&message));
  const auto start = std::chrono::steady_clock::now();
  server_->Shutdown(Seconds(30));
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_FALSE(stream->Finish().ok());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace
}  // namespace mj
