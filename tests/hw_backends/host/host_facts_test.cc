#include "hw_backends/host/host_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

class HostFactsTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) const {
    folder_.Write(path, text);
  }
  HostFact Fact(const std::string& name) const {
    for (const HostFact& fact : ReadHostFacts(folder_.path())) {
      if (fact.name == name) return fact;
    }
    ADD_FAILURE() << "no fact " << name;
    return {};
  }

  const TempFolder folder_;
};

TEST_F(HostFactsTest, AnEmptyHostSaysWhyEachThingIsAbsent) {
  for (const char* name :
       {"cpufreq", "intel_pstate", "power_cap", "nvidia_driver",
        "huge_pages"}) {
    const HostFact fact = Fact(name);
    EXPECT_FALSE(fact.present) << name;
    EXPECT_FALSE(fact.detail.empty()) << name;
  }
}

TEST_F(HostFactsTest, ReadsAMadeHost) {
  const std::string zone = "sys/class/powercap/intel-rapl:0/";
  Write(zone + "name", "package-0\n");
  Write(zone + "constraint_0_power_limit_uw", "65000000\n");
  const std::string policy = "sys/devices/system/cpu/cpufreq/policy0/";
  Write(policy + "scaling_driver", "intel_pstate\n");
  Write(policy + "scaling_governor", "powersave\n");
  Write(policy + "cpuinfo_min_freq", "800000\n");
  Write(policy + "cpuinfo_max_freq", "4000000\n");
  Write("sys/devices/system/cpu/intel_pstate/status", "active\n");
  Write("sys/kernel/mm/transparent_hugepage/enabled",
        "always [madvise] never\n");
  Write("proc/driver/nvidia/version", "NVRM version: 550\n");
  EXPECT_THAT(Fact("cpufreq").detail, HasSubstr("800000 to 4000000 kHz"));
  EXPECT_EQ(Fact("intel_pstate").detail, "active");
  EXPECT_THAT(Fact("power_cap").detail, HasSubstr("package-0 at 65000000"));
  EXPECT_TRUE(Fact("huge_pages").present);
  EXPECT_THAT(Fact("nvidia_driver").detail, HasSubstr("550"));
}

TEST_F(HostFactsTest, ReadsWhoMadeTheCpu) {
  Write("proc/cpuinfo",
        "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\n"
        "model\t\t: 1\nmodel name\t: AMD EPYC 7763\n");
  const CpuIdentity cpu = ReadCpuIdentity(folder_.path());
  EXPECT_EQ(cpu.vendor, "AuthenticAMD");
  EXPECT_EQ(cpu.family, 25);
  EXPECT_EQ(cpu.model, 1);
  EXPECT_EQ(ReadCpuName(folder_.path()), "AMD EPYC 7763");
  EXPECT_EQ(ReadCpuName("/no/such/root"), "unknown");
}

}  // namespace
}  // namespace mj
