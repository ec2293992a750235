#include "hw_backends/host/hwmon_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/fakes/hand_clock.h"
#include "tests/fakes/temp_folder.h"
#include "tests/fakes/without_root.h"

namespace mj {
namespace {

using testing::HasSubstr;

class HwmonTest : public testing::Test {
 protected:
  HwmonTest() { chmod(tree_.path().c_str(), 0755); }
  std::string Write(const std::string& file, const std::string& text) const {
    return tree_.Write("sys/class/hwmon/" + file, text);
  }
  std::vector<FoundMeter> Find() const {
    return FindHwmonMeters(tree_.path(), clock_);
  }

  const TempFolder tree_;
  HandClock clock_;
};

TEST_F(HwmonTest, AmdEnergyTellsSocketsAndCores) {
  Write("hwmon2/name", "amd_energy\n");
  Write("hwmon2/energy1_input", "1000\n");
  Write("hwmon2/energy1_label", "Ecore000\n");
  Write("hwmon2/energy2_input", "5000000\n");
  Write("hwmon2/energy2_label", "Esocket0\n");
  const std::vector<FoundMeter> found = Find();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].domain, "core/Ecore000");
  EXPECT_EQ(found[0].kind, MeterKind::kPart);
  EXPECT_EQ(found[1].domain, "package-0");
  EXPECT_EQ(found[1].kind, MeterKind::kPackage);
  EnergyMeter& socket = *found[1].meter;
  EXPECT_EQ(socket.Read()->total, Joules(0));
  clock_.now += Seconds(1);
  Write("hwmon2/energy2_input", "95000000\n");
  EXPECT_DOUBLE_EQ(socket.Read()->total.value(), 90);
  EXPECT_EQ(socket.info().update_period, Seconds(1e-3));
  // It does not say at which number it wraps.
  clock_.now += Seconds(1);
  Write("hwmon2/energy2_input", "10\n");
  EXPECT_TRUE(absl::IsDataLoss(socket.Read().status()));
}

TEST_F(HwmonTest, OtherChipsCountWhatNobodyNames) {
  Write("hwmon0/name", "ltc4282\n");
  Write("hwmon0/energy1_input", "7\n");
  Write("hwmon0/power1_input", "9\n");
  Write("hwmon1/energy1_input", "7\n");
  Write("hwmon1/energy1_label", "card\n");
  Write("hwmon1/update_interval", "200\n");
  const std::vector<FoundMeter> found = Find();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].domain, "ltc4282/energy1");
  EXPECT_EQ(found[0].kind, MeterKind::kOther);
  EXPECT_EQ(found[0].meter->info().update_period, Seconds(1));
  EXPECT_EQ(found[1].domain, "hwmon1/card");
  EXPECT_EQ(found[1].meter->info().update_period, Seconds(0.2));
}

TEST_F(HwmonTest, PowerIsNotEnergy) {
  Write("hwmon0/name", "power_meter\n");
  Write("hwmon0/power1_average", "150000000\n");
  Write("hwmon0/power1_average_interval", "1000\n");
  Write("hwmon1/name", "coretemp\n");
  Write("hwmon1/temp1_input", "40000\n");
  const std::vector<FoundMeter> found = Find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].domain, "power_meter/power1");
  EXPECT_EQ(found[0].meter, nullptr);
  EXPECT_THAT(found[0].why, HasSubstr("no counter of energy"));
}

TEST_F(HwmonTest, SaysWhyACounterIsNotReadable) {
  Write("hwmon0/name", "amd_energy\n");
  const std::string file = Write("hwmon0/energy1_input", "7\n");
  Write("hwmon0/energy1_label", "Esocket1\n");
  chmod(file.c_str(), 0);
  const WithoutRoot nobody;
  const std::vector<FoundMeter> found = Find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].domain, "package-1");
  EXPECT_EQ(found[0].meter, nullptr);
  EXPECT_THAT(found[0].why, HasSubstr("Permission denied"));
  EXPECT_THAT(found[0].remedy, HasSubstr("chmod a+r " + file));
}

TEST_F(HwmonTest, SaysWhyThereIsNone) {
  const std::vector<FoundMeter> found = Find();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].domain, "");
  EXPECT_THAT(found[0].why, HasSubstr("counts energy"));
  EXPECT_FALSE(found[0].remedy.empty());
}

}  // namespace
}  // namespace mj
