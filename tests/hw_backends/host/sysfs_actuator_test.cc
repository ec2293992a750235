#include "hw_backends/host/sysfs_actuator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/fakes/made_sysfs.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kUnit = 1000;

// Two things with limits, from 100 to 900 and from 100 to 500 counts.
class SysfsActuatorTest : public testing::Test {
 protected:
  SysfsActuatorTest() {
    for (const std::string& folder : {std::string("a"), std::string("b")}) {
      host_.Make(folder + "/mode", "on");
      host_.Make(folder + "/governor", "powersave");
      host_.Make(folder + "/min", "100");
      host_.Make(folder + "/max", folder == "a" ? "900" : "500");
      host_.Make(folder + "/now", "300");
    }
    host_.driver = [this](const std::string& path, const std::string& text) {
      return LikeTheKernel(path, text);
    };
    plan_ = {.knobs = {Knob("a", 900), Knob("b", 500)},
             .actual = {"a/now", "b/now"},
             .actual_unit = kUnit};
    info_ = {.name = "clock", .low = Hertz(1e5), .high = Hertz(9e5)};
  }

  static SysfsKnob Knob(const std::string& folder, double high) {
    return {.guards = {{folder + "/mode", "on"}},
            .prepare = {{folder + "/governor", "userspace"}},
            .floor = folder + "/min",
            .ceiling = folder + "/max",
            .unit = kUnit,
            .low = 100 * kUnit,
            .high = high * kUnit};
  }

  // Refuses a minimum above the maximum.
  absl::StatusOr<std::string> LikeTheKernel(const std::string& path,
                                            const std::string& text) const {
    const std::string folder = path.substr(0, 2);
    const bool crossed =
        (path.ends_with("min") &&
         std::stoi(text) > std::stoi(host_.Text(folder + "max"))) ||
        (path.ends_with("max") &&
         std::stoi(text) < std::stoi(host_.Text(folder + "min")));
    if (crossed) return absl::InvalidArgumentError("min above max: " + path);
    return text;
  }

  SysfsActuator<Hertz>& Actuator() {
    if (!actuator_) {
      auto originals = ReadOriginals(host_, plan_);
      EXPECT_TRUE(originals.ok()) << originals.status();
      actuator_ = std::make_unique<SysfsActuator<Hertz>>(host_, info_, plan_,
                                                         *originals);
    }
    return *actuator_;
  }

  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const char* path :
         {"a/governor", "a/min", "a/max", "b/governor", "b/min", "b/max"}) {
      texts.push_back(host_.Text(path));
    }
    return texts;
  }

  MadeSysfs host_;
  SysfsPlan plan_;
  ActuatorInfo<Hertz> info_;
  std::unique_ptr<SysfsActuator<Hertz>> actuator_;
};

TEST_F(SysfsActuatorTest, SetsAllUpAndDownAndRestores) {
  const std::vector<std::string> found = Texts();
  for (int count : {300, 450, 200, 100, 900}) {
    const absl::StatusOr<Hertz> achieved = Actuator().Set(Hertz(count * kUnit));
    ASSERT_TRUE(achieved.ok()) << achieved.status();
    EXPECT_EQ(*achieved, Hertz(count * kUnit)) << count;
    EXPECT_EQ(host_.Text("a/min"), std::to_string(count));
    EXPECT_EQ(host_.Text("a/max"), std::to_string(count));
    EXPECT_EQ(host_.Text("b/max"), std::to_string(std::min(count, 500)))
        << "to the end of its own range";
    EXPECT_EQ(host_.Text("b/governor"), "userspace");
  }
  ASSERT_TRUE(Actuator().Restore().ok());
  EXPECT_EQ(Texts(), found);
}

TEST_F(SysfsActuatorTest, WritesNothingUnlessToldTo) {
  ASSERT_TRUE(Actuator().Read().ok());
  ASSERT_TRUE(Actuator().Restore().ok());
  EXPECT_FALSE(Actuator().Set(Hertz(1)).ok());
  EXPECT_TRUE(host_.writes.empty());
}

TEST_F(SysfsActuatorTest, WhatIsSetAlreadyIsNotWrittenAgain) {
  ASSERT_TRUE(Actuator().Set(Hertz(3e5)).ok());
  const size_t writes = host_.writes.size();
  EXPECT_EQ(writes, 6u) << "governor, minimum and maximum of each";
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Actuator().Set(Hertz(3e5)).ok());
  EXPECT_EQ(host_.writes.size(), writes);
  ASSERT_TRUE(Actuator().Set(Hertz(3.01e5)).ok());
  EXPECT_EQ(host_.writes.size(), writes + 4) << "no governor";
}

TEST_F(SysfsActuatorTest, ReadsTheSettingAndWhatRuns) {
  ASSERT_TRUE(Actuator().Set(Hertz(4e5)).ok());
  host_.Make("b/now", "399");
  const absl::StatusOr<ActuatorReading<Hertz>> reading = Actuator().Read();
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(reading->setting, Hertz(4e5));
  EXPECT_EQ(reading->actual, Hertz(3.99e5)) << "the highest";
  host_.Remove("a/now");
  host_.Remove("b/now");
  EXPECT_EQ(Actuator().Read()->actual, std::nullopt);
}

TEST_F(SysfsActuatorTest, AValueThatIsNotTakenReadsBack) {
  host_.driver = [](const std::string& path, const std::string& text) {
    return path == "b/max" ? "500" : text;
  };
  EXPECT_EQ(Actuator().Set(Hertz(3e5)).value(), Hertz(5e5));
}

TEST_F(SysfsActuatorTest, AFileThatRefusesLeavesAllAsItWas) {
  const std::vector<std::string> found = Texts();
  ASSERT_TRUE(Actuator().Set(Hertz(3e5)).ok());
  const std::vector<std::string> set = Texts();
  host_.refusals["b/min"] = absl::PermissionDeniedError("writing /b/min");
  const absl::StatusOr<Hertz> failed = Actuator().Set(Hertz(2e5));
  EXPECT_TRUE(absl::IsPermissionDenied(failed.status()));
  EXPECT_EQ(Texts(), set);
  // It also stands in the way of restoring, and is named; the rest is done.
  const absl::Status restored = Actuator().Restore();
  EXPECT_THAT(std::string(restored.message()), HasSubstr("writing /b/min"));
  EXPECT_EQ(host_.Text("a/min"), "100");
  host_.refusals.clear();
  EXPECT_TRUE(Actuator().Restore().ok());
  EXPECT_EQ(Texts(), found);
}

TEST_F(SysfsActuatorTest, PassesOverWhatVanished) {
  ASSERT_TRUE(Actuator().Set(Hertz(3e5)).ok());
  host_.Remove("b");
  EXPECT_EQ(Actuator().Set(Hertz(8e5)).value(), Hertz(8e5));
  EXPECT_EQ(Actuator().Read()->setting, Hertz(8e5));
  EXPECT_TRUE(Actuator().Restore().ok());
  EXPECT_EQ(host_.Text("a/max"), "900");
  host_.Remove("a");
  EXPECT_TRUE(absl::IsUnavailable(Actuator().Set(Hertz(2e5)).status()));
  EXPECT_TRUE(absl::IsUnavailable(Actuator().Read().status()));
  EXPECT_TRUE(Actuator().Restore().ok());
}

TEST_F(SysfsActuatorTest, ADriverInAnotherModeIsNotTouched) {
  ASSERT_TRUE(Actuator().Set(Hertz(3e5)).ok());
  const size_t writes = host_.writes.size();
  host_.Make("b/mode", "passive");
  const absl::StatusOr<Hertz> failed = Actuator().Set(Hertz(2e5));
  EXPECT_TRUE(absl::IsFailedPrecondition(failed.status()));
  EXPECT_THAT(std::string(failed.status().message()),
              HasSubstr("/b/mode is \"passive\" now"));
  EXPECT_EQ(host_.writes.size(), writes);
  EXPECT_TRUE(Actuator().Restore().ok()) << "what is there is still restored";
  EXPECT_EQ(host_.Text("b/max"), "500");
}

TEST_F(SysfsActuatorTest, SomeoneElsesChangeIsSetRightAgain) {
  ASSERT_TRUE(Actuator().Set(Hertz(3e5)).ok());
  host_.Make("a/governor", "performance");
  host_.Make("b/max", "500");
  EXPECT_EQ(Actuator().Set(Hertz(3e5)).value(), Hertz(3e5));
  EXPECT_EQ(host_.Text("a/governor"), "userspace");
  EXPECT_EQ(host_.Text("b/max"), "300");
}

TEST_F(SysfsActuatorTest, ASumIsDividedEqually) {
  plan_.is_sum = true;
  for (SysfsKnob& knob : plan_.knobs) {
    knob.prepare.clear();
    knob.floor.clear();
  }
  info_.high = Hertz(1e6);
  EXPECT_EQ(Actuator().Set(Hertz(8e5)).value(), Hertz(8e5));
  EXPECT_EQ(host_.Text("a/max"), "400");
  EXPECT_EQ(host_.Text("b/max"), "400");
  EXPECT_EQ(Actuator().Read()->setting, Hertz(8e5));
}

TEST_F(SysfsActuatorTest, UnsupportedTextIsNoOriginal) {
  host_.Make("a/max", "<unsupported>");
  plan_.knobs[1].floor.clear();
  EXPECT_THAT(
      ReadOriginals(host_, plan_).value(),
      ElementsAre(FileText{"a/governor", "powersave"}, FileText{"a/min", "100"},
                  FileText{"b/governor", "powersave"},
                  FileText{"b/max", "500"}));
  host_.Remove("b/max");
  EXPECT_TRUE(absl::IsNotFound(ReadOriginals(host_, plan_).status()));
}

}  // namespace
}  // namespace mj
