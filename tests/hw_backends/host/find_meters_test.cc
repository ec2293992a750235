#include "hw_backends/host/find_meters.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/hand_clock.h"
#include "tests/fakes/rapl_tree.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConstantMeter final : public EnergyMeter {
 public:
  explicit ConstantMeter(MeterInfo info) : info_(std::move(info)) {}
  const MeterInfo& info() const override { return info_; }
  absl::StatusOr<EnergySample> Read() override {
    return EnergySample{Joules(1), Seconds(0)};
  }

 private:
  const MeterInfo info_;
};

struct Counter {
  const char* interface;
  const char* domain;
  MeterKind kind;
  bool readable = true;
};

std::vector<FoundMeter> Make(const std::vector<Counter>& counters) {
  std::vector<FoundMeter> found;
  for (const Counter& c : counters) {
    FoundMeter meter{.interface = c.interface,
                     .domain = c.domain,
                     .kind = c.kind,
                     .max_power = Watts(100)};
    MeterInfo info{.domain = c.domain, .method = EnergyMethod::kMeasured};
    if (c.readable) meter.meter = std::make_unique<ConstantMeter>(info);
    if (!c.readable) meter.why = "closed";
    found.push_back(std::move(meter));
  }
  return found;
}

constexpr MeterKind kPackage = MeterKind::kPackage;
constexpr MeterKind kDram = MeterKind::kDram;
constexpr MeterKind kPart = MeterKind::kPart;
constexpr MeterKind kPlatform = MeterKind::kPlatform;
constexpr MeterKind kGpu = MeterKind::kGpu;
constexpr MeterKind kOther = MeterKind::kOther;

struct BoundaryCase {
  const char* name;
  std::vector<Counter> counters;
  bool with_gpus;
  const char* domain;  // of the total; empty: none
  const char* members;
};

const std::vector<BoundaryCase>& Cases() {
  static const auto& cases = *new std::vector<BoundaryCase>{
      {"a server of two sockets",
       {{"rapl", "psys", kPlatform},
        {"rapl", "package-0", kPackage},
        {"rapl", "package-1", kPackage},
        {"rapl", "package-0/core", kPart},
        {"rapl", "package-0/dram", kDram},
        {"rapl", "package-1/dram", kDram}},
       false,
       "package+dram",
       "rapl package-0 + rapl package-1 + rapl package-0/dram + rapl "
       "package-1/dram"},
      {"a package by MSR and by MMIO",
       {{"rapl", "package-0", kPackage}, {"rapl", "package-0", kPackage}},
       false,
       "package",
       "rapl package-0"},
      {"only MMIO is open",
       {{"rapl", "package-0", kPackage, false},
        {"rapl", "package-0", kPackage}},
       false,
       "package",
       "rapl package-0"},
      {"one socket is closed: no part of the total passes for it",
       {{"rapl", "package-0", kPackage},
        {"rapl", "package-1", kPackage, false},
        {"rapl", "package-0/dram", kDram}},
       false,
       "",
       ""},
      {"one socket's memory is closed: packages are a domain of their own",
       {{"rapl", "package-0", kPackage},
        {"rapl", "package-1", kPackage},
        {"rapl", "package-0/dram", kDram},
        {"rapl", "package-1/dram", kDram, false}},
       false,
       "package",
       "rapl package-0 + rapl package-1"},
      {"the same package by three interfaces counts once",
       {{"rapl", "package-0", kPackage},
        {"perf_energy", "package-0", kPackage},
        {"perf_energy", "package-0/dram", kDram},
        {"hwmon", "package-0", kPackage}},
       false,
       "package",
       "rapl package-0"},
      {"powercap is closed, perf is open",
       {{"rapl", "package-0", kPackage, false},
        {"perf_energy", "package-0", kPackage},
        {"perf_energy", "package-0/dram", kDram}},
       false,
       "package+dram",
       "perf_energy package-0 + perf_energy package-0/dram"},
      {"amd_energy alone",
       {{"rapl", "", kOther, false},
        {"hwmon", "core/Ecore000", kPart},
        {"hwmon", "package-0", kPackage}},
       false,
       "package",
       "hwmon package-0"},
      {"a platform that names no package",
       {{"rapl", "psys", kPlatform}},
       false,
       "platform",
       "rapl psys"},
      {"a platform does not stand in for closed packages",
       {{"rapl", "psys", kPlatform}, {"rapl", "package-0", kPackage, false}},
       false,
       "",
       ""},
      {"a board's chip is not the machine",
       {{"rapl", "", kOther, false}, {"hwmon", "ltc4282/energy1", kOther}},
       false,
       "",
       ""},
      {"GPUs that no backend uses",
       {{"rapl", "package-0", kPackage}, {"nvml", "gpu-0", kGpu}},
       false,
       "package",
       "rapl package-0"},
      {"GPUs in use",
       {{"rapl", "package-0", kPackage},
        {"nvml", "gpu-0", kGpu},
        {"nvml", "gpu-1", kGpu}},
       true,
       "package+gpu",
       "rapl package-0 + nvml gpu-0 + nvml gpu-1"},
      {"a GPU in use is closed",
       {{"rapl", "package-0", kPackage},
        {"nvml", "gpu-0", kGpu},
        {"nvml", "gpu-1", kGpu, false}},
       true,
       "",
       ""},
      {"nothing at all", {{"rapl", "", kOther, false}}, false, "", ""},
  };
  return cases;
}

TEST(ChooseBoundaryTest, CountsEachJouleOnceAndNeverAPart) {
  for (const BoundaryCase& c : Cases()) {
    SCOPED_TRACE(c.name);
    HandClock clock;
    std::vector<FoundMeter> found = Make(c.counters);
    ChooseBoundary(c.with_gpus, found);
    int summed = 0;
    for (const FoundMeter& meter : found) {
      summed += meter.summed;
      EXPECT_EQ(meter.role.empty(), meter.meter == nullptr);
    }
    const Boundary boundary =
        TakeBoundary(std::move(found), clock, std::make_unique<HandClock>());
    if (c.domain[0] == '\0') {
      EXPECT_EQ(boundary.meter, nullptr);
      EXPECT_THAT(boundary.description, HasSubstr("no counter of the whole"));
      continue;
    }
    ASSERT_NE(boundary.meter, nullptr) << boundary.description;
    EXPECT_EQ(boundary.meter->info().domain, c.domain);
    EXPECT_EQ(boundary.description, c.members);
    EXPECT_EQ(boundary.max_power, Watts(100.0 * summed));
    EXPECT_EQ(boundary.meter->Read()->total, Joules(summed));
  }
}

PerfCalls NoPerf() {
  return {[](uint32_t, uint64_t, int) { return -EACCES; },
          [](int, uint64_t&) { return -EBADF; }};
}

TEST(FindMetersTest, AHostWithoutCountersSaysWhatIsMissing) {
  const TempFolder empty;
  const HandClock clock;
  std::vector<FoundMeter> found = FindMeters(empty.path(), clock, NoPerf());
  std::vector<std::string> interfaces;
  for (const FoundMeter& meter : found) {
    interfaces.push_back(meter.interface);
    EXPECT_EQ(meter.meter, nullptr);
    EXPECT_FALSE(meter.why.empty()) << meter.interface;
    EXPECT_FALSE(meter.remedy.empty()) << meter.interface;
  }
  EXPECT_THAT(interfaces, ElementsAre("rapl", "perf_energy", "hwmon"));
  for (const HostFact& fact : MeterFacts(found)) {
    EXPECT_FALSE(fact.present);
    EXPECT_FALSE(fact.detail.empty()) << fact.name;
  }
  ChooseBoundary(false, found);
  const Boundary boundary =
      TakeBoundary(std::move(found), clock, std::make_unique<HandClock>());
  EXPECT_EQ(boundary.meter, nullptr);
  EXPECT_THAT(boundary.description,
              AllOf(HasSubstr("rapl: "), HasSubstr("perf_energy: "),
                    HasSubstr("hwmon: ")));
}

TEST(FindMetersTest, AMadeServerIsMeasured) {
  constexpr uint64_t kRange = 262'143'328'850;
  const RaplTree tree;
  tree.Add("intel-rapl:0", "package-0", 1'000'000, kRange);
  tree.Add("intel-rapl:0:0", "dram", 1'000'000, kRange);
  HandClock clock;
  auto owned_boot = std::make_unique<HandClock>();
  HandClock& boot = *owned_boot;
  std::vector<FoundMeter> found = FindMeters(tree.root(), clock, NoPerf());
  EXPECT_EQ(MeterFacts(found)[0].detail, "counts package-0, package-0/dram");
  EXPECT_TRUE(MeterFacts(found)[0].present);
  ChooseBoundary(false, found);
  const Boundary boundary =
      TakeBoundary(std::move(found), clock, std::move(owned_boot));
  ASSERT_NE(boundary.meter, nullptr) << boundary.description;
  EXPECT_EQ(boundary.meter->info().method, EnergyMethod::kMeasured);
  EXPECT_EQ(boundary.max_power, Watts(2000));
  EXPECT_EQ(boundary.meter->Read()->total, Joules(0));
  const auto pass = [&](double awake, double asleep) {
    clock.now += Seconds(awake);
    boot.now += Seconds(awake + asleep);
    return boundary.meter->Read();
  };
  tree.Set("intel-rapl:0", 41'000'000);
  tree.Set("intel-rapl:0:0", 3'000'000);
  EXPECT_DOUBLE_EQ(pass(1, 0)->total.value(), 42);
  EXPECT_TRUE(absl::IsDataLoss(pass(1, 60).status()));
  EXPECT_TRUE(pass(1, 0).ok());
  tree.Remove("intel-rapl:0:0");
  const auto gone = pass(1, 0);
  EXPECT_TRUE(absl::IsUnavailable(gone.status()));
  EXPECT_THAT(std::string(gone.status().message()),
              HasSubstr("package-0/dram: "));
}

}  // namespace
}  // namespace mj
