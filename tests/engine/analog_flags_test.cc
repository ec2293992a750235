#include "engine/analog_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mj {
namespace {

absl::Status Set(AnalogOptions& options, const std::string& name,
                 const std::string& value) {
  for (const Flag& flag : AnalogFlagTable(options)) {
    if (flag.name == name) return flag.set(value);
  }
  return absl::NotFoundError(name);
}

TEST(AnalogFlagsTest, SetTheDevice) {
  AnalogOptions options;
  ASSERT_TRUE(Set(options, "chips", "45").ok());
  ASSERT_TRUE(Set(options, "age", "1.5h").ok());
  ASSERT_TRUE(Set(options, "analog-layers", "0-3,head").ok());
  ASSERT_TRUE(Set(options, "analog-cells", "hermes-2").ok());
  ASSERT_TRUE(Set(options, "drift-compensation", "off").ok());
  ASSERT_TRUE(Set(options, "device-seed", "18446744073709551615").ok());
  const AnalogOptions want{.age = Seconds(5400),
                           .chips = 45,
                           .layers = *AnalogLayers::Parse("0-3,head"),
                           .cells = CellKind::kHermesPair,
                           .drift_compensation = false,
                           .seed = ~uint64_t{0}};
  EXPECT_EQ(options, want);
}

struct BadValue {
  const char* flag;
  const char* value;
  const char* error;
};

TEST(AnalogFlagsTest, BadValuesSayWhatIsNeeded) {
  const BadValue kCases[] = {
      {"age", "-1d", "'-1d' is not a time"},
      {"age", "101y", "over 100y"},
      {"chips", "0", "from 1 to"},
      {"analog-layers", "0,x", "'x' is neither a layer"},
      {"analog-cells", "reram", "none of ideal, pcm"},
      {"drift-compensation", "maybe", "none of on, off"},
      {"device-seed", "-1", "whole number"},
  };
  for (const BadValue& c : kCases) {
    AnalogOptions options;
    const absl::Status status = Set(options, c.flag, c.value);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.flag;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(c.error));
    EXPECT_EQ(options, AnalogOptions()) << c.flag;
  }
}

}  // namespace
}  // namespace mj
