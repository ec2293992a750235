#include "hw_backends/models/coefficient_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mj {
namespace {

using testing::HasSubstr;

constexpr char kText[] = R"(
name = "x"
banks = [1, 2]
[point]
delay = { value = 2.0, unit = "ns", node = "28 nm", voltage = "0.9 V", kind = "model", source = "s" }
)";

CoefficientFile Parsed() { return *CoefficientFile::Parse("x.toml", kText); }

TEST(CoefficientFileTest, OverridesInTheFilesOwnUnit) {
  CoefficientFile file = Parsed();
  EXPECT_TRUE(file.Override("point.delay", "3.5").ok());
  EXPECT_DOUBLE_EQ(*file.Number("point.delay", "ns"), 3.5e-9);
  EXPECT_TRUE(file.Override("banks", "7").ok());
  EXPECT_EQ(*file.Integers("banks"), std::vector<int64_t>{7});
  EXPECT_TRUE(file.Override("name", "y").ok());
  EXPECT_EQ(*file.Text("name"), "y");
}

TEST(CoefficientFileTest, RefusesOverridesByName) {
  struct Case {
    const char *key, *value, *message;
  };
  const Case kCases[] = {
      {"delay", "1", "delay is not a known key; known: point.delay"},
      {"point.delay", "fast",
       "point.delay is \"fast\", must be a number in ns"},
      {"point.delay", "-1", "point.delay is -1, must be finite and not"},
      {"point.delay", "nan", "must be finite"},
      {"banks", "1.5", "banks is \"1.5\", must be an integer"},
  };
  for (const Case& c : kCases) {
    CoefficientFile file = Parsed();
    EXPECT_THAT(std::string(file.Override(c.key, c.value).message()),
                HasSubstr(c.message));
    EXPECT_DOUBLE_EQ(*file.Number("point.delay", "ns"), 2e-9);
  }
}

TEST(CoefficientFileTest, NamesAConstantWithoutNodeOrVoltage) {
  EXPECT_TRUE(Parsed().CheckNodes().ok());
  for (const char* gone : {"node = \"28 nm\", ", "voltage = \"0.9 V\", "}) {
    std::string text = kText;
    text.erase(text.find(gone), std::string(gone).size());
    const auto file = CoefficientFile::Parse("x.toml", text);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_THAT(std::string(file->CheckNodes().message()),
                HasSubstr("x.toml: point.delay has no `"));
  }
}

}  // namespace
}  // namespace mj
