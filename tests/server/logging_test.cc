#include "server/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/openai/json_reader.h"

namespace mj {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

std::string Logged(const std::string& format, const std::string& message,
                   const std::string& name = "millijoule") {
  testing::internal::CaptureStderr();
  auto log = *MakeLogger("info", format);
  log->clone(name)->info("{}", message);
  return testing::internal::GetCapturedStderr();
}

TEST(LoggingTest, ATextLineHasItsTimeLevelAndMessage) {
  EXPECT_THAT(Logged("text", "serves, dé"),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z "
                           "info serves, dé\n"));
}

TEST(LoggingTest, NoMessageEndsItsLineOrMovesTheCursor) {
  EXPECT_THAT(Logged("text",
                     "a\nb\x1b[2Jc\x7f\xc2\x9b"
                     "31m\xff"),
              HasSubstr("a\\x0ab\\x1b[2Jc\\x7f\\x9b31m\xEF\xBF\xBD\n"));
}

TEST(LoggingTest, AJsonLineIsAnObject) {
  const std::string line = Logged("json", "a \"b\"\n\xff");
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  const Json json = Json::parse(line);
  EXPECT_EQ(json["level"], "info");
  EXPECT_EQ(json["message"], "a \"b\"\n\xEF\xBF\xBD");
  EXPECT_THAT(json["time"].get<std::string>(), MatchesRegex(".*T.*Z"));
}

TEST(LoggingTest, FieldsStandBesideTimeAndLevel) {
  const Json json = Json::parse(
      Logged("json", R"({"message":"request","joules":0.5})", kFieldsLogger));
  EXPECT_EQ(json["level"], "info");
  EXPECT_EQ(json["message"], "request");
  EXPECT_EQ(json["joules"], 0.5);
  EXPECT_THAT(Logged("text", R"({"joules":0.5})", kFieldsLogger),
              HasSubstr(R"( info {"joules":0.5})"));
}

TEST(LoggingTest, RefusesOtherLevelsAndFormats) {
  EXPECT_THAT(std::string(MakeLogger("loud").status().message()),
              HasSubstr("'loud' is not a log level"));
  EXPECT_THAT(std::string(MakeLogger("info", "xml").status().message()),
              HasSubstr("'xml' is not a log format: text or json"));
}

}  // namespace
}  // namespace mj
