#include "server/openai/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/request/request_error.h"

namespace mj {
namespace {

using testing::HasSubstr;

std::string Repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

std::string Object(int members) {
  Json object = Json::object();
  for (int i = 0; i < members; ++i) object[std::to_string(i)] = 0;
  return object.dump();
}

struct TextCase {
  const char* name;
  std::string text;
  const char* error;  // "": it is good
};

class JsonText : public testing::TestWithParam<TextCase> {};

TEST_P(JsonText, ParsesOrSaysWhyNot) {
  const absl::StatusOr<Json> json = ParseJson(GetParam().text);
  const std::string error = GetParam().error;
  EXPECT_EQ(json.ok(), error.empty()) << json.status();
  if (!json.ok()) {
    EXPECT_THAT(std::string(json.status().message()), HasSubstr(error));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, JsonText,
    testing::Values(
        TextCase{"object", R"({"a": [1, 2.5, "x", null]})", ""},
        TextCase{"depth_64", absl::StrCat(Repeat("[", 64), Repeat("]", 64)),
                 ""},
        TextCase{"depth_65", absl::StrCat(Repeat("[", 65), Repeat("]", 65)),
                 "nests deeper than 64"},
        TextCase{"deep_and_cut", Repeat("[", 100000), "nests deeper"},
        TextCase{"brackets_in_a_string", Json(Repeat("[", 1000)).dump(), ""},
        TextCase{"escaped_quote", R"(["\"[[[[", 1])", ""},
        TextCase{"members_1024", Object(1024), ""},
        TextCase{"members_1025", Object(1025), "more members than 1024"},
        TextCase{"values", absl::StrCat("[", Repeat("1,", 1000000), "1]"),
                 "more values than 1000000"},
        TextCase{"empty", "", "not JSON"}, TextCase{"cut", "{", "not JSON"},
        TextCase{"trailing", "{} x", "not JSON"},
        TextCase{"bad_utf8", "\"\xff\xfe\"", "not JSON"},
        TextCase{"huge_number", "[1e999]", "not JSON"},
        TextCase{"nan", "[NaN]", "not JSON"}),
    [](const auto& info) { return info.param.name; });

TEST(JsonTest, KeepsTheOrderOfKeys) {
  EXPECT_EQ(DumpJson(*ParseJson(R"({"b":1,"a":2})")), R"({"b":1,"a":2})");
}

TEST(JsonTest, DumpReplacesWhatIsNotUtf8) {
  EXPECT_EQ(DumpJson(Json("a\xff")), "\"a\xEF\xBF\xBD\"");
}

struct IntCase {
  const char* name;
  const char* value;
  std::optional<int> want;  // nothing: refused
};

class WholeNumbers : public testing::TestWithParam<IntCase> {};

TEST_P(WholeNumbers, AreReadWithinTheirRange) {
  const Json json = *ParseJson(absl::StrCat("{\"n\":", GetParam().value, "}"));
  FieldReader reader(json, "outer.");
  int out = -7;
  reader.Read("n", 0, 10, out);
  EXPECT_EQ(reader.ok(), GetParam().want.has_value());
  if (reader.ok()) {
    EXPECT_EQ(out, *GetParam().want);
    return;
  }
  EXPECT_EQ(FieldOf(reader.status()), "outer.n");
  EXPECT_THAT(std::string(reader.status().message()),
              HasSubstr("from 0 to 10"));
}

INSTANTIATE_TEST_SUITE_P(
    Table, WholeNumbers,
    testing::Values(IntCase{"zero", "0", 0}, IntCase{"ten", "10", 10},
                    IntCase{"as_float", "3.0", 3}, IntCase{"null", "null", -7},
                    IntCase{"eleven", "11", std::nullopt},
                    IntCase{"negative", "-1", std::nullopt},
                    IntCase{"fraction", "1.5", std::nullopt},
                    IntCase{"text", "\"1\"", std::nullopt},
                    IntCase{"yes", "true", std::nullopt},
                    IntCase{"huge", "18446744073709551615", std::nullopt},
                    IntCase{"huge_float", "1e300", std::nullopt}),
    [](const auto& info) { return info.param.name; });

TEST(FieldReaderTest, KeepsTheFirstError) {
  const Json json = *ParseJson(R"({"a": 1, "b": 2})");
  FieldReader reader(json);
  bool a = false;
  std::string b;
  reader.Read("a", a);
  reader.Read("b", b);
  EXPECT_EQ(FieldOf(reader.status()), "a");
}

TEST(QuotedTest, CutsLongValues) {
  EXPECT_LE(Quoted(Json(std::string(1000, 'x'))).size(), 70u);
  EXPECT_EQ(Quoted(Json(std::vector<int>(500, 1))), "an array of 500");
}

TEST(ParseJsonTest, WhatIsWrongIsToldWithoutTheText) {
  const std::string secret = "my patient has a very secret illness";
  for (const std::string& body :
       {"{\"prompt\":\"" + secret, "{\"prompt\":\"" + secret + "\x01\"}",
        "{\"prompt\":\"" + secret + "\"",
        "[1e" + std::string(5000, '9') + "]"}) {
    const std::string message(ParseJson(body).status().message());
    EXPECT_THAT(message, testing::HasSubstr("the body is not JSON: "));
    EXPECT_THAT(message, testing::Not(testing::HasSubstr("secret")));
    EXPECT_LT(message.size(), 250u);
  }
}

}  // namespace
}  // namespace mj
