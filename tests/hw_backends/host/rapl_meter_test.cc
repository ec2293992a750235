#include "hw_backends/host/rapl_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/hand_clock.h"
#include "tests/fakes/rapl_tree.h"
#include "tests/fakes/without_root.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint64_t kRange = 262'143'328'850;

std::vector<std::string> Describe(const std::vector<RaplZone>& zones) {
  std::vector<std::string> texts;
  for (const RaplZone& zone : zones) {
    texts.push_back(zone.folder.filename().string() + " " + zone.domain + " " +
                    std::string(MeterKindName(zone.kind)));
  }
  return texts;
}

// A server of two sockets and its platform; package-0 by MMIO, too.
void AddServer(const RaplTree& tree) {
  tree.Write("intel-rapl/enabled", "1\n");
  tree.Write("intel-rapl-mmio/enabled", "1\n");
  tree.Add("intel-rapl:0", "package-0", 7, kRange);
  tree.Add("intel-rapl:0:0", "core", 3, kRange);
  tree.Add("intel-rapl:0:1", "dram", 2, kRange);
  tree.Add("intel-rapl:1", "package-1", 8, kRange);
  tree.Add("intel-rapl:1:0", "dram", 4, kRange);
  tree.Add("intel-rapl:2", "psys", 99, kRange);
  tree.Add("intel-rapl-mmio:0", "package-0", 7, kRange);
}

TEST(ListRaplZonesTest, TellsDomainsAndKinds) {
  const RaplTree tree;
  AddServer(tree);
  EXPECT_THAT(Describe(ListRaplZones(tree.root())),
              ElementsAre("intel-rapl:2 psys platform",
                          "intel-rapl:0 package-0 package",
                          "intel-rapl:1 package-1 package",
                          "intel-rapl:0:0 package-0/core part",
                          "intel-rapl:0:1 package-0/dram dram",
                          "intel-rapl:1:0 package-1/dram dram",
                          "intel-rapl-mmio:0 package-0 package"));
}

TEST(ListRaplZonesTest, FindsAZoneOnceWhereverItLies) {
  const RaplTree tree;
  tree.Add("intel-rapl/intel-rapl:0", "package-0", 7, kRange);
  tree.Add("intel-rapl/intel-rapl:0/intel-rapl:0:0", "uncore", 1, kRange);
  const std::vector<std::string> want = {
      "intel-rapl:0 package-0 package", "intel-rapl:0:0 package-0/uncore part"};
  EXPECT_EQ(Describe(ListRaplZones(tree.root())), want);
  // As the kernel shows them: the class links to all of them.
  std::filesystem::create_directory_symlink("intel-rapl/intel-rapl:0",
                                            tree.Path("intel-rapl:0"));
  std::filesystem::create_directory_symlink(
      "intel-rapl/intel-rapl:0/intel-rapl:0:0", tree.Path("intel-rapl:0:0"));
  EXPECT_EQ(Describe(ListRaplZones(tree.root())), want);
}

TEST(ListRaplZonesTest, KeepsWhatItDoesNotKnow) {
  const RaplTree tree;
  tree.Add("intel-rapl:0", "package-0-die-1", 7, kRange);
  tree.Add("intel-rapl:3", "accelerator", 7, kRange);
  tree.Add("intel-rapl:7:0", "dram", 7, kRange);  // without its parent
  tree.Write("intel-rapl:4/energy_uj", "1");      // without a name
  EXPECT_THAT(Describe(ListRaplZones(tree.root())),
              ElementsAre("intel-rapl:3 accelerator other",
                          "intel-rapl:4 intel-rapl:4 other",
                          "intel-rapl:0 package-0-die-1 package",
                          "intel-rapl:7:0 intel-rapl:7/dram dram"));
}

TEST(FindRaplMetersTest, MetersEveryZone) {
  const RaplTree tree;
  AddServer(tree);
  HandClock clock;
  const std::vector<FoundMeter> found = FindRaplMeters(tree.root(), clock);
  ASSERT_EQ(found.size(), 7u);
  for (const FoundMeter& meter : found) {
    EXPECT_EQ(meter.interface, "rapl");
    ASSERT_NE(meter.meter, nullptr) << meter.domain;
    EXPECT_EQ(meter.meter->info().domain, meter.domain);
    EXPECT_EQ(meter.meter->info().method, EnergyMethod::kMeasured);
    EXPECT_NEAR(meter.meter->info().resolution.value(), 0x1p-14, 1e-9);
    EXPECT_EQ(meter.meter->info().calibration, "rapl:" + meter.domain);
    EXPECT_TRUE(meter.why.empty());
    EXPECT_TRUE(meter.meter->Read().ok());
  }
  // Their own range undoes a wrap.
  tree.Set("intel-rapl:1", kRange - 1'000'000);
  EXPECT_TRUE(absl::IsDataLoss(found[2].meter->Read().status()));
  tree.Set("intel-rapl:1", 2'000'000);
  clock.now += Seconds(1);
  EXPECT_NEAR(found[2].meter->Read()->total.value(), 3, 1e-4);
}

TEST(FindRaplMetersTest, SaysWhyAZoneIsNotReadable) {
  const RaplTree tree;
  const HandClock clock;
  tree.Add("intel-rapl:0", "package-0", 7, kRange);
  tree.Close("intel-rapl:0/energy_uj");
  tree.Add("intel-rapl:1", "package-1", 7, kRange);
  tree.Remove("intel-rapl:1/energy_uj");
  std::filesystem::create_directory_symlink("masked",
                                            tree.Path("intel-rapl:2"));
  const WithoutRoot nobody;
  const std::vector<FoundMeter> found = FindRaplMeters(tree.root(), clock);
  ASSERT_EQ(found.size(), 3u);
  for (const FoundMeter& meter : found) EXPECT_EQ(meter.meter, nullptr);
  EXPECT_EQ(found[0].domain, "package-0");
  EXPECT_THAT(found[0].why, HasSubstr("energy_uj: Permission denied"));
  EXPECT_THAT(found[0].remedy, HasSubstr("run as root"));
  EXPECT_EQ(found[1].domain, "package-1");
  EXPECT_THAT(found[1].why, HasSubstr("No such file"));
  EXPECT_EQ(found[1].remedy, "");
  EXPECT_THAT(found[2].why, HasSubstr("masked by the container's runtime"));
  EXPECT_THAT(found[2].remedy, HasSubstr("/sys/devices/virtual/powercap"));
}

TEST(FindRaplMetersTest, SaysWhyThereIsNone) {
  const RaplTree tree;
  const HandClock clock;
  std::vector<FoundMeter> found = FindRaplMeters(tree.root(), clock);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].domain, "");
  EXPECT_THAT(found[0].why, HasSubstr("the kernel has no "));
  EXPECT_THAT(found[0].remedy, HasSubstr("modprobe intel_rapl_msr"));

  tree.Write("dtpm/enabled", "1\n");
  tree.folder().Write("proc/cpuinfo",
                      "processor : 0\nflags : fpu hypervisor lahf_lm\n");
  found = FindRaplMeters(tree.root(), clock);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].why, HasSubstr("has no intel-rapl zone"));
  EXPECT_THAT(found[0].remedy, HasSubstr("virtual machine"));
}

}  // namespace
}  // namespace mj
