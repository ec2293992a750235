#include "hw_backends/models/cpu_descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw_backends/models/data_files.h"

namespace mj {
namespace {

using ::testing::HasSubstr;

std::string_view CompiledText(std::string_view name) {
  for (const DataFile& file : CompiledDataFiles()) {
    if (file.name == name) return file.text;
  }
  return "";
}

// A valid file with `from` replaced, once.
std::string Changed(std::string_view from, std::string_view to) {
  std::string text(CompiledText("cpus/epyc-zen3.toml"));
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(CpuDescriptorTest, ReadsACompiledFileInSiUnits) {
  const auto cpu = ParseCpuDescriptor("z.toml", Changed("\n", "\n"));
  ASSERT_TRUE(cpu.ok()) << cpu.status();
  EXPECT_EQ(cpu->name, "epyc-zen3");
  EXPECT_EQ(cpu->calibration.substr(0, 10), "epyc-zen3-");
  EXPECT_EQ(cpu->calibration.size(), 18u);
  EXPECT_EQ(cpu->package_cores, 64);
  EXPECT_DOUBLE_EQ(cpu->f32.energy.value(), 25e-12);
  EXPECT_DOUBLE_EQ(cpu->f32.per_core_per_second, 87e9);
  EXPECT_DOUBLE_EQ(cpu->weight_byte.value(), 120e-12);
  EXPECT_DOUBLE_EQ(cpu->core_bytes_per_second, 15e9);
  EXPECT_DOUBLE_EQ(cpu->uncore.value(), 90);
}

TEST(CpuDescriptorTest, EveryCompiledFileIsValid) {
  const auto cpus = CompiledCpuDescriptors();
  ASSERT_TRUE(cpus.ok()) << cpus.status();
  std::vector<std::string> names;
  for (const CpuDescriptor& cpu : *cpus) names.push_back(cpu.name);
  EXPECT_THAT(names, testing::ElementsAre("cpu-generic", "epyc-zen3",
                                          "epyc-zen4", "xeon-spr"));
}

TEST(CpuDescriptorTest, AnotherTextIsAnotherCalibration) {
  const auto a = ParseCpuDescriptor("z.toml", Changed("120.0", "120.0"));
  const auto b = ParseCpuDescriptor("z.toml", Changed("120.0", "121.0"));
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_NE(a->calibration, b->calibration);
}

TEST(CpuDescriptorTest, RefusesBadFilesByFileAndKey) {
  struct {
    const char *name, *from, *to, *want;
  } constexpr kCases[] = {
      {"not TOML", "[power]", "[power", "z.toml:"},
      {"missing key", "\nweight = ", "\nweights = ", "byte.weight is missing"},
      {"negative", "value = 120.0", "value = -120.0",
       "byte.weight is -120, must be finite and not negative"},
      {"NaN", "value = 120.0", "value = nan", "byte.weight is nan"},
      {"infinite", "value = 120.0", "value = inf", "byte.weight is inf"},
      {"text for a number", "value = 120.0", "value = \"120\"",
       "byte.weight has no number `value`"},
      {"no unit", "value = 120.0, unit = \"pJ/byte\"", "value = 120.0",
       "byte.weight has the unknown unit \"\""},
      {"unknown unit", "value = 120.0, unit = \"pJ/byte\"",
       "value = 120.0, unit = \"pJ/pixel\"", "unknown unit \"pJ/pixel\""},
      {"another unit", "value = 120.0, unit = \"pJ/byte\"",
       "value = 120.0, unit = \"pJ/op\"",
       "byte.weight is in \"pJ/op\", must be in \"pJ/byte\""},
      {"no source", "source = \"EPYC 7763, vendor specification\"",
       "source = \"\"", "package.cores has no `source`"},
      {"unknown kind", "kind = \"measured\"", "kind = \"guessed\"",
       "kind \"guessed\", must be measured, model or assumed"},
      {"a bare number", "[power]", "[power]\nfan = 3.0",
       "power.fan must be a coefficient"},
      {"unknown key",
       "name =", "color = \"red\"\nname =", "color is not a known key"},
      {"zero rate", "value = 87.0", "value = 0.0",
       "core_rate.f32 is 0, must be positive"},
      {"odd model list", "models = [0, 15]", "models = [0]", "match needs"},
      {"no name", "name =", "title =", "name is missing"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto cpu = ParseCpuDescriptor("z.toml", Changed(c.from, c.to));
    ASSERT_FALSE(cpu.ok());
    EXPECT_EQ(cpu.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(cpu.status().message()), HasSubstr("z.toml"));
    EXPECT_THAT(std::string(cpu.status().message()), HasSubstr(c.want));
  }
}

TEST(CpuDescriptorTest, ChoosesByCpuid) {
  struct {
    const char* vendor;
    int family, model;
    const char* want;
  } constexpr kCases[] = {
      {"AuthenticAMD", 25, 1, "epyc-zen3"},
      {"AuthenticAMD", 25, 17, "epyc-zen4"},
      {"AuthenticAMD", 25, 160, "epyc-zen4"},
      {"AuthenticAMD", 25, 33, "cpu-generic"},
      {"AuthenticAMD", 23, 1, "cpu-generic"},
      {"GenuineIntel", 6, 143, "xeon-spr"},
      {"GenuineIntel", 6, 207, "xeon-spr"},
      {"GenuineIntel", 25, 1, "cpu-generic"},
      {"", 0, 0, "cpu-generic"},
  };
  const auto cpus = CompiledCpuDescriptors();
  ASSERT_TRUE(cpus.ok());
  for (const auto& c : kCases) {
    EXPECT_EQ(ChooseDescriptor(*cpus, {c.vendor, c.family, c.model}).name,
              c.want)
        << c.vendor << " " << c.family << " " << c.model;
  }
}

}  // namespace
}  // namespace mj
