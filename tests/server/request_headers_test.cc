#include "server/request_headers.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "engine/request/request_error.h"

namespace mj {
namespace {

using Headers = std::map<std::string, std::string, std::less<>>;

absl::Status ReadFrom(const Headers& headers, Request& request) {
  return ReadRequestHeaders(
      [&](std::string_view name) -> std::string_view {
        const auto found = headers.find(name);
        if (found == headers.end()) return {};
        return found->second;
      },
      request);
}

TEST(RequestHeadersTest, NothingSaysNothing) {
  Request request;
  EXPECT_TRUE(ReadFrom({}, request).ok());
  EXPECT_FALSE(request.max_energy.has_value());
  EXPECT_FALSE(request.slo.ttft.has_value());
  EXPECT_FALSE(request.slo.tpot.has_value());
}

TEST(RequestHeadersTest, EachArrivesInItsUnit) {
  Request request;
  ASSERT_TRUE(ReadFrom({{"x-millijoule-max-joules", "2.5"},
                        {"x-llm-d-slo-ttft-ms", "800"},
                        {"x-llm-d-slo-tpot-ms", "50"}},
                       request)
                  .ok());
  EXPECT_EQ(*request.max_energy, Joules(2.5));
  EXPECT_DOUBLE_EQ(request.slo.ttft->count(), 0.8);
  EXPECT_DOUBLE_EQ(request.slo.tpot->count(), 0.05);
}

TEST(RequestHeadersTest, TheTighterHolds) {
  Request request;
  request.max_energy = Joules(1);
  request.slo.ttft = Seconds(2);
  ASSERT_TRUE(ReadFrom({{"x-millijoule-max-joules", "3"},
                        {"x-llm-d-slo-ttft-ms", "1000"}},
                       request)
                  .ok());
  EXPECT_EQ(*request.max_energy, Joules(1));
  EXPECT_EQ(*request.slo.ttft, Seconds(1));
}

TEST(RequestHeadersTest, WhatIsNoNumberAboveZeroIsRefusedByName) {
  for (const char* name : {"x-millijoule-max-joules", "x-llm-d-slo-ttft-ms",
                           "x-llm-d-slo-tpot-ms"}) {
    for (const char* value : {"0", "-1", "nan", "inf", "-inf", "1e999", "ten",
                              "1 J", "0x10p", "0x10", "1e-400"}) {
      Request request;
      const absl::Status status = ReadFrom({{name, value}}, request);
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument)
          << name << ": " << value;
      EXPECT_EQ(FieldOf(status), name) << value;
    }
  }
}

}  // namespace
}  // namespace mj
