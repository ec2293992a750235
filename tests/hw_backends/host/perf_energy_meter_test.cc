#include "hw_backends/host/perf_energy_meter.h"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/fakes/hand_clock.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A kernel with counts by (config, CPU), and errors to give.
struct FakePerf {
  std::map<std::pair<uint64_t, int>, uint64_t> counts;
  int open_error = 0, read_error = 0;
  bool stopped = false;
  std::map<int, std::pair<uint64_t, int>> opened;  // by descriptor
  uint32_t type = 0;

  PerfCalls Calls() {
    return {[this](uint32_t pmu, uint64_t config, int cpu) {
              type = pmu;
              if (open_error != 0) return -open_error;
              const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
              opened[descriptor] = {config, cpu};
              return descriptor;
            },
            [this](int descriptor, uint64_t& count) {
              if (read_error != 0) return -read_error;
              if (stopped) return 0;
              count = counts[opened.at(descriptor)];
              return 8;
            }};
  }
};

class PerfEnergyTest : public testing::Test {
 protected:
  PerfEnergyTest() {
    Pmu("type", "32\n");
    Pmu("cpumask", "0,24\n");
    Event("energy-pkg", "event=0x02", "2.3283064365386962890625e-10");
    Event("energy-ram", "event=0x03", "1.52587890625e-05");
    Event("energy-psys", "event=0x05", "1.0");
    Topology(0, 0);
    Topology(24, 1);
  }
  void Pmu(const std::string& file, const std::string& text) const {
    tree_.Write("sys/bus/event_source/devices/power/" + file, text);
  }
  void Event(const std::string& name, const std::string& config,
             const std::string& scale) const {
    Pmu("events/" + name, config + "\n");
    Pmu("events/" + name + ".scale", scale + "\n");
    Pmu("events/" + name + ".unit", "Joules\n");
  }
  void Topology(int cpu, int package) const {
    tree_.Write("sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                    "/topology/physical_package_id",
                std::to_string(package));
  }
  std::string folder() const {
    return tree_.path() + "/sys/bus/event_source/devices/power";
  }
  std::vector<FoundMeter> Find() {
    return FindPerfEnergyMeters(tree_.path(), perf_.Calls(), clock_);
  }

  const TempFolder tree_;
  HandClock clock_;
  FakePerf perf_;
};

TEST_F(PerfEnergyTest, ReadsAnEventsUnit) {
  const auto event = ReadPerfEnergyEvent(folder(), "energy-pkg");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->name, "energy-pkg");
  EXPECT_EQ(event->config, 2u);
  EXPECT_EQ(event->unit, Joules(0x1p-32));
}

struct BadEvent {
  const char* file;
  const char* text;
  const char* message;
};

TEST_F(PerfEnergyTest, RefusesAnEventThatIsNotOfJoules) {
  const BadEvent cases[] = {
      {"energy-pkg", "0x02", "says '0x02', need event=NUMBER"},
      {"energy-pkg", "event=0x02,umask=1", "need event=NUMBER"},
      {"energy-pkg.scale", "0", "need a number of joules"},
      {"energy-pkg.scale", "nan", "need a number of joules"},
      {"energy-pkg.scale", "-1", "need a number of joules"},
      {"energy-pkg.scale", "1e9", "need a number of joules"},
      {"energy-pkg.unit", "Watts", "says 'Watts', need Joules"},
  };
  for (const BadEvent& c : cases) {
    SCOPED_TRACE(c.text);
    Event("energy-pkg", "event=0x02", "1e-6");
    Pmu(std::string("events/") + c.file, c.text);
    const auto event = ReadPerfEnergyEvent(folder(), "energy-pkg");
    EXPECT_TRUE(absl::IsUnavailable(event.status()));
    EXPECT_THAT(std::string(event.status().message()), HasSubstr(c.message));
    EXPECT_THAT(std::string(event.status().message()), HasSubstr(c.file));
  }
}

TEST(ParseCpuListTest, ReadsRanges) {
  EXPECT_THAT(*ParseCpuList("0"), ElementsAre(0));
  EXPECT_THAT(*ParseCpuList("0,24-26,7"), ElementsAre(0, 24, 25, 26, 7));
  for (const char* bad : {"", "a", "1-", "-1", "3-1", "1-2-3", "0,,1",
                          "0-999999999", "99999999999"}) {
    EXPECT_TRUE(absl::IsUnavailable(ParseCpuList(bad).status())) << bad;
  }
}

TEST_F(PerfEnergyTest, MetersEachEventOfEachPackage) {
  const std::vector<FoundMeter> found = Find();
  std::vector<std::string> domains;
  for (const FoundMeter& meter : found) {
    domains.push_back(meter.domain + " " +
                      std::string(MeterKindName(meter.kind)));
    ASSERT_NE(meter.meter, nullptr) << meter.why;
    EXPECT_EQ(meter.meter->Read()->total, Joules(0));
  }
  EXPECT_THAT(domains, ElementsAre("package-0 package", "package-1 package",
                                   "package-0/dram dram", "package-1/dram dram",
                                   "package-0/psys platform",
                                   "package-1/psys platform"));
  EXPECT_EQ(perf_.type, 32u);
  // A second at 150 W on package 1, of whose memory nothing.
  clock_.now += Seconds(1);
  perf_.counts[{2, 24}] = uint64_t{150} << 32;
  EXPECT_DOUBLE_EQ(found[1].meter->Read()->total.value(), 150);
  EXPECT_EQ(found[0].meter->Read()->total, Joules(0));
  EXPECT_EQ(found[3].meter->Read()->age, Seconds(1));
  EXPECT_EQ(found[4].meter->info().resolution, Joules(1));
  EXPECT_EQ(found[1].meter->info().source, "power/energy-pkg/ on CPU 24");
}

TEST_F(PerfEnergyTest, DiesHaveNamesOfTheirOwn) {
  Topology(24, 0);
  tree_.Write("sys/devices/system/cpu/cpu24/topology/die_id", "1\n");
  EXPECT_EQ(Find()[1].domain, "package-0-die-1");
}

struct OpenCase {
  int error;
  const char* why;
  const char* remedy;
};

TEST_F(PerfEnergyTest, SaysWhyTheKernelRefuses) {
  for (const OpenCase& c :
       {OpenCase{EACCES, "Permission denied", "cap_perfmon"},
        {EPERM, "not permitted", "perf_event_paranoid"},
        {EINVAL, "Invalid argument", ""},
        {ENODEV, "No such device", ""}}) {
    perf_.open_error = c.error;
    for (const FoundMeter& meter : Find()) {
      EXPECT_EQ(meter.meter, nullptr);
      EXPECT_THAT(meter.why, HasSubstr(c.why));
      EXPECT_THAT(meter.remedy, HasSubstr(c.remedy));
      EXPECT_EQ(meter.remedy.empty(), c.remedy[0] == '\0');
    }
  }
}

TEST_F(PerfEnergyTest, AReadingThatFailsIsUnknown) {
  const std::vector<FoundMeter> found = Find();
  EnergyMeter& meter = *found[0].meter;
  perf_.counts[{2, 0}] = 5000;
  ASSERT_TRUE(meter.Read().ok());
  clock_.now += Seconds(1);
  perf_.stopped = true;
  EXPECT_TRUE(absl::IsUnavailable(meter.Read().status()));
  EXPECT_THAT(std::string(meter.Read().status().message()),
              HasSubstr("its CPU is offline"));
  perf_.read_error = EACCES;
  EXPECT_TRUE(absl::IsPermissionDenied(meter.Read().status()));
  perf_.read_error = 0;
  perf_.stopped = false;
  perf_.counts[{2, 0}] = 10;  // it never wraps
  const auto reset = meter.Read();
  EXPECT_TRUE(absl::IsDataLoss(reset.status())) << reset.status();
  EXPECT_TRUE(meter.Read().ok());
}

TEST_F(PerfEnergyTest, SaysWhyThereIsNone) {
  const TempFolder empty;
  const auto found = FindPerfEnergyMeters(empty.path(), perf_.Calls(), clock_);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].domain, "");
  EXPECT_THAT(found[0].why, HasSubstr("no power PMU"));
  EXPECT_THAT(found[0].remedy, HasSubstr("modprobe rapl"));
}

// The real calls, on an event that every kernel refuses.
TEST(LinuxPerfCallsTest, ReportErrnoNegated) {
  const PerfCalls calls = LinuxPerfCalls();
  EXPECT_LT(calls.open(0xffffffff, 0, 0), 0);
  uint64_t count = 0;
  EXPECT_EQ(calls.read(-1, count), -EBADF);
}

}  // namespace
}  // namespace mj
