#include "server/grpc/grpc_status.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "engine/request/request_error.h"
#include "proto/google/rpc/error_details.pb.h"
#include "proto/google/rpc/status.pb.h"

namespace mj {
namespace {

struct StatusCase {
  const char* name;
  absl::Status status;
  grpc::StatusCode ours, engines;
};

const StatusCase kCases[] = {
    {"Ok", absl::OkStatus(), grpc::OK, grpc::OK},
    {"Cancelled", absl::CancelledError("x"), grpc::CANCELLED, grpc::CANCELLED},
    {"BadRequest", absl::InvalidArgumentError("x"), grpc::INVALID_ARGUMENT,
     grpc::INVALID_ARGUMENT},
    {"Late", absl::DeadlineExceededError("x"), grpc::DEADLINE_EXCEEDED,
     grpc::DEADLINE_EXCEEDED},
    {"NotFound", absl::NotFoundError("x"), grpc::NOT_FOUND, grpc::NOT_FOUND},
    {"Exhausted", absl::ResourceExhaustedError("x"), grpc::RESOURCE_EXHAUSTED,
     grpc::UNAVAILABLE},
    {"Unavailable", absl::UnavailableError("x"), grpc::UNAVAILABLE,
     grpc::UNAVAILABLE},
    {"NoKey", absl::UnauthenticatedError("x"), grpc::UNAUTHENTICATED,
     grpc::UNAUTHENTICATED},
    {"Internal", absl::InternalError("x"), grpc::INTERNAL, grpc::INTERNAL},
};

class GrpcStatusTest : public testing::TestWithParam<StatusCase> {};

TEST_P(GrpcStatusTest, KeepsCodeAndMessage) {
  const grpc::Status status = ToGrpcStatus(GetParam().status);
  EXPECT_EQ(status.error_code(), GetParam().ours);
  EXPECT_EQ(status.error_message(), GetParam().status.message());
}

TEST_P(GrpcStatusTest, OfTheEngineMeansCapacity) {
  const grpc::Status status = FromEngine(GetParam().status);
  EXPECT_EQ(status.error_code(), GetParam().engines);
  EXPECT_EQ(status.error_message(), GetParam().status.message());
}

INSTANTIATE_TEST_SUITE_P(Cases, GrpcStatusTest, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST(GrpcStatusMessageTest, IsCutToWhatTrailersHold) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "你";
  const auto status = ToGrpcStatus(absl::InvalidArgumentError(text));
  EXPECT_LE(status.error_message().size(), 1030u);
  EXPECT_TRUE(status.error_message().starts_with("你你"));
}

TEST(GrpcStatusQuotaTest, SaysWhenToTryAgain) {
  const absl::Status spent = QuotaError("spent", Seconds(2.5));
  for (const grpc::Status& status : {ToGrpcStatus(spent), FromEngine(spent)}) {
    EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
    google::rpc::Status details;
    ASSERT_TRUE(details.ParseFromString(status.error_details()));
    EXPECT_EQ(details.code(), grpc::RESOURCE_EXHAUSTED);
    EXPECT_EQ(details.message(), "spent");
    ASSERT_EQ(details.details_size(), 1);
    EXPECT_EQ(details.details(0).type_url(),
              "type.googleapis.com/google.rpc.RetryInfo");
    google::rpc::RetryInfo info;
    ASSERT_TRUE(details.details(0).UnpackTo(&info));
    EXPECT_EQ(info.retry_delay().seconds(), 2);
    EXPECT_EQ(info.retry_delay().nanos(), 500'000'000);
  }
}

TEST(GrpcStatusQuotaTest, PromisesNothingWhereNothingComesBack) {
  const absl::Status spent =
      QuotaError("spent", Seconds(std::numeric_limits<double>::infinity()));
  const grpc::Status status = FromEngine(spent);
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(status.error_details().empty());
}

}  // namespace
}  // namespace mj
