#include "hw_backends/models/platform_descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_replace.h"
#include "hw_backends/models/data_files.h"

namespace mj {
namespace {

using testing::HasSubstr;

std::string A100Text() {
  for (const DataFile& file : CompiledDataFiles()) {
    if (file.name == "platforms/a100-80g.toml") return std::string(file.text);
  }
  return "";
}

TEST(PlatformDescriptorTest, FindsWhatIsCompiledIn) {
  for (const char* name :
       {"a100-80g", "h100-sxm", "npu-7nm", "epyc-zen4", "xeon-spr"}) {
    SCOPED_TRACE(name);
    const auto platform = FindPlatform(name);
    ASSERT_TRUE(platform.ok()) << platform.status();
    EXPECT_EQ(platform->name, name);
    EXPECT_TRUE(platform->calibration.starts_with(std::string(name) + "-"));
    EXPECT_GE(platform->clocks.size(), 10u);
    EXPECT_LE(platform->parked, platform->idle_constant +
                                    platform->idle_leakage +
                                    platform->idle_clocking);
  }
}

TEST(PlatformDescriptorTest, AnUnknownNameListsTheKnownOnes) {
  const auto platform = FindPlatform("b200");
  EXPECT_EQ(platform.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(platform.status().message()),
              HasSubstr("\"b200\"; known: a100-80g, epyc-zen4, h100-sxm, "
                        "npu-7nm, xeon-spr"));
}

struct BadCase {
  const char* name;
  const char *from, *to;  // in the text of a100-80g
  const char* message;
};

TEST(PlatformDescriptorTest, BadFilesNameTheKey) {
  const BadCase kCases[] = {
      {"no clock", "min = {", "low = {", "clock.min is missing"},
      {"steps do not end at max", "value = 60.0", "value = 70.0",
       "clock.max must be clock.min and a whole number of steps"},
      {"another unit", "unit = \"Gop/s\"", "unit = \"GB/s\"",
       "rate.linear is in \"GB/s\""},
      {"more than all memory", "value = 0.9,", "value = 1.1,",
       "memory.usable is over 1"},
      {"voltage goes back", "value = 1410.0, unit = \"MHz\", kind = \"model\"",
       "value = 1000.0, unit = \"MHz\", kind = \"model\"",
       "voltage.2.clock must be above"},
      {"tiles of nothing", "tile_rows = 64", "tile_rows = 0",
       "tile_rows must be one integer of at least 1"},
      {"an unknown key", "[switch]", "[swap]\nx = 3\n[switch]",
       "swap.x is not a known key"},
  };
  for (const BadCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const std::string text = absl::StrReplaceAll(A100Text(), {{c.from, c.to}});
    const auto platform = ParsePlatformDescriptor("p.toml", text);
    EXPECT_EQ(platform.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(platform.status().message()),
                HasSubstr(std::string("p.toml: ") + c.message));
  }
}

TEST(PlatformDescriptorTest, EveryFileSaysWhatIsMeasuredAndWhatIsAssumed) {
  for (const DataFile& file : CompiledDataFiles()) {
    if (!file.name.starts_with("platforms/")) continue;
    EXPECT_THAT(std::string(file.text), HasSubstr("kind = \"assumed\""))
        << file.name;
  }
}

PlatformDescriptor ThreeClocks() {
  PlatformDescriptor p;
  p.name = "three";
  p.clocks = {Hertz(100e6), Hertz(200e6), Hertz(300e6)};
  p.voltage = {{Hertz(200e6), 0.5}, {Hertz(300e6), 1}};
  return p;
}

TEST(PlatformDescriptorTest, VoltageIsFlatBelowItsFloorAndLinearAbove) {
  const PlatformDescriptor p = ThreeClocks();
  EXPECT_DOUBLE_EQ(RelativeVoltage(p, Hertz(50e6)), 0.5);
  EXPECT_DOUBLE_EQ(RelativeVoltage(p, Hertz(200e6)), 0.5);
  EXPECT_DOUBLE_EQ(RelativeVoltage(p, Hertz(250e6)), 0.75);
  EXPECT_DOUBLE_EQ(RelativeVoltage(p, Hertz(300e6)), 1);
  EXPECT_DOUBLE_EQ(RelativeVoltage(p, Hertz(400e6)), 1);
}

TEST(PlatformDescriptorTest, NearestClock) {
  const PlatformDescriptor p = ThreeClocks();
  EXPECT_EQ(*NearestClock(p, Hertz(100e6)), 0);
  EXPECT_EQ(*NearestClock(p, Hertz(149e6)), 0);
  EXPECT_EQ(*NearestClock(p, Hertz(151e6)), 1);
  EXPECT_EQ(*NearestClock(p, Hertz(300e6)), 2);
  for (const double mhz : {99.0, 301.0, -1.0}) {
    const auto clock = NearestClock(p, Hertz(mhz * 1e6));
    EXPECT_EQ(clock.status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_THAT(std::string(clock.status().message()),
                HasSubstr("clocks from 100 to 300 MHz"));
  }
}

}  // namespace
}  // namespace mj
