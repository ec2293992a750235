#include "server/openai/budget_fields.h"

#include <gtest/gtest.h>

#include "engine/request/request_error.h"
#include "server/openai/chat_request.h"
#include "server/openai/completion_request.h"

namespace mj {
namespace {

absl::Status ReadFrom(const char* text, Request& request) {
  const auto body = ParseJson(text);
  EXPECT_TRUE(body.ok()) << body.status();
  FieldReader reader(*body);
  ReadBudgetFields(reader, request);
  return reader.status();
}

TEST(BudgetFieldsTest, EachFieldArrives) {
  Request request;
  ASSERT_TRUE(ReadFrom(R"({"energy":{"max_joules":0.25,"quality":"adaptive"},
                        "service_tier":"flex","timeout":90})",
                       request)
                  .ok());
  EXPECT_EQ(*request.max_energy, Joules(0.25));
  EXPECT_EQ(request.quality, Quality::kAdaptive);
  EXPECT_TRUE(request.flex);
  EXPECT_EQ(*request.timeout, Seconds(90));
}

TEST(BudgetFieldsTest, AbsentAndNullSayNothing) {
  for (const char* text :
       {"{}", R"({"energy":null,"service_tier":null,"timeout":null})",
        R"({"energy":{}})", R"({"energy":{"max_joules":null}})",
        R"({"energy":{"quality":null}})", R"({"energy":{"quality":"full"}})",
        R"({"service_tier":"auto"})", R"({"service_tier":"priority"})"}) {
    Request request;
    EXPECT_TRUE(ReadFrom(text, request).ok()) << text;
    EXPECT_FALSE(request.max_energy.has_value()) << text;
    EXPECT_EQ(request.quality, Quality::kFull) << text;
    EXPECT_FALSE(request.flex) << text;
    EXPECT_FALSE(request.timeout.has_value()) << text;
  }
}

struct BadCase {
  const char* text;
  const char* field;
};

constexpr BadCase kBadCases[] = {
    {R"({"energy":{"max_joules":0}})", "energy.max_joules"},
    {R"({"energy":{"max_joules":-1.5}})", "energy.max_joules"},
    {R"({"energy":{"max_joules":"1"}})", "energy.max_joules"},
    {R"({"energy":{"max_joules":true}})", "energy.max_joules"},
    {R"({"energy":{"max_joules":[1]}})", "energy.max_joules"},
    {R"({"energy":{"quality":"good"}})", "energy.quality"},
    {R"({"energy":{"quality":1}})", "energy.quality"},
    {R"({"energy":3})", "energy"},
    {R"({"energy":{"max_joule":1}})", "energy.max_joule"},
    {R"({"energy":{"max_joules":1,"foo":null}})", "energy.foo"},
    {R"({"service_tier":"slow"})", "service_tier"},
    {R"({"service_tier":1})", "service_tier"},
    {R"({"timeout":0})", "timeout"},
    {R"({"timeout":"1s"})", "timeout"},
};

TEST(BudgetFieldsTest, BadValuesNameTheirField) {
  for (const BadCase& c : kBadCases) {
    Request request;
    const absl::Status status = ReadFrom(c.text, request);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_EQ(FieldOf(status), c.field) << c.text;
  }
}

TEST(BudgetFieldsTest, BothEndpointsReadThem) {
  const auto completion = ParseCompletionRequest(
      *ParseJson(R"({"prompt":["a","b"],"energy":{"max_joules":1}})"));
  ASSERT_TRUE(completion.ok()) << completion.status();
  for (const Request& request : completion->requests) {
    EXPECT_EQ(*request.max_energy, Joules(1));
  }
  const auto chat = ParseChatRequest(*ParseJson(
      R"({"messages":[{"role":"user","content":"x"}],"service_tier":"flex",
          "energy":{"max_joules":2}})"));
  ASSERT_TRUE(chat.ok()) << chat.status();
  EXPECT_EQ(*chat->request.max_energy, Joules(2));
  EXPECT_TRUE(chat->request.flex);
}

}  // namespace
}  // namespace mj
