#include "hw_backends/cim/analog_layers.h"

#include <gtest/gtest.h>

#include <string>

namespace mj {
namespace {

using Kind = MatrixRole::Kind;

std::string HeldOf(const AnalogLayers& layers) {
  std::string held;
  for (int layer = 0; layer < 10; ++layer) {
    held += layers.Has({Kind::kDown, layer}) ? '1' : '0';
  }
  return held + (layers.Has({Kind::kHead}) ? "h" : "");
}

struct Case {
  const char* text;
  const char* held;
};
constexpr Case kCases[] = {
    {"all", "1111111111h"},      {"none", "0000000000"},
    {"head", "0000000000h"},     {"3", "0001000000"},
    {"0-2,5,7-7", "1110010100"}, {"2-4,head", "0011100000h"},
};

TEST(AnalogLayersTest, HoldsWhatTheListNames) {
  for (const Case& c : kCases) {
    const auto layers = AnalogLayers::Parse(c.text);
    ASSERT_TRUE(layers.ok()) << layers.status();
    EXPECT_EQ(HeldOf(*layers), c.held) << c.text;
    EXPECT_FALSE(layers->Has({})) << c.text;
  }
  EXPECT_EQ(AnalogLayers(), *AnalogLayers::Parse("all"));
}

TEST(AnalogLayersTest, RefusesWhatIsNoList) {
  for (const char* text :
       {"", "x", "-1", "3-", "5-2", "0,,1", "0-5-7", "1.5", "heads", "0,all"}) {
    const absl::Status status = AnalogLayers::Parse(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(AnalogLayersTest, ChecksThatTheModelHasThem) {
  const AnalogLayers layers = *AnalogLayers::Parse("0-5,29");
  EXPECT_TRUE(layers.Check(30).ok());
  const absl::Status status = layers.Check(29);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("29"), absl::string_view::npos) << status;
}

}  // namespace
}  // namespace mj
