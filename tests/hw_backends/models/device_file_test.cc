#include "hw_backends/models/device_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_replace.h"
#include "hw_backends/models/data_files.h"
#include "hw_backends/models/device_price.h"

namespace mj {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

std::string TextOf(std::string_view name) {
  for (const DataFile& file : CompiledDataFiles()) {
    if (file.name == name) return std::string(file.text);
  }
  return "";
}

TEST(DeviceFileTest, EveryDeviceReadsAndPricesAProduct) {
  EXPECT_THAT(DeviceNames(), IsSupersetOf({"colonnade-65nm",
                                           "zigzag-dimc-28nm",
                                           "cimple-28nm",
                                           "qk-macro-65nm",
                                           "hnm-cim",
                                           "hastily-65nm",
                                           "hermes-14nm",
                                           "isaac-32nm",
                                           "kv260-distilbert",
                                           "kv260-llama2",
                                           "u280-spatial",
                                           "artix7-fused",
                                           "transpim-hbm",
                                           "northpole-12nm",
                                           "wafer-scale",
                                           "eyeriss-v1",
                                           "eyeriss-v2",
                                           "cambricon-s",
                                           "sushi",
                                           "m3vit",
                                           "dnnbuilder",
                                           "h100-sxm",
                                           "xeon-spr"}));
  for (const std::string& name : DeviceNames()) {
    SCOPED_TRACE(name);
    const auto file = DeviceFile::Find(name, "");
    ASSERT_TRUE(file.ok()) << file.status();
    const auto device = file->Read();
    ASSERT_TRUE(device.ok()) << device.status();
    EXPECT_EQ(device->name, name);
    EXPECT_TRUE(device->calibration.starts_with(name + "-"));
    EXPECT_FALSE(device->citation.empty());
    EXPECT_FALSE(device->cannot.empty());
    const DeviceOp op{{3, 70, 130},
                      DefaultBits(device->input_bits),
                      DefaultBits(device->weight_bits)};
    const auto priced = PriceOp(*device, op);
    ASSERT_TRUE(priced.ok()) << priced.status();
    EXPECT_GT(priced->cost.cycles, 0);
    EXPECT_GT(priced->cost.time.count(), 0);
    EXPECT_GT(priced->cost.joules.total().value(), 0);
    EXPECT_GT(priced->utilisation, 0);
    EXPECT_LE(priced->utilisation, 1);
    EXPECT_EQ(priced->cost.macs, 3 * 70 * 130);
  }
}

TEST(DeviceFileTest, AnUnknownNameListsTheKnownOnes) {
  for (const char* name : {"nope", "carbon", "../carbon", ""}) {
    const auto file = DeviceFile::Find(name, "");
    EXPECT_EQ(file.status().code(), absl::StatusCode::kNotFound) << name;
    EXPECT_THAT(std::string(file.status().message()),
                HasSubstr("known: artix7-fused"));
  }
}

TEST(DeviceFileTest, AFolderStandsBeforeWhatIsCompiledIn) {
  const std::string dir = testing::TempDir() + "/device_file_test";
  std::filesystem::create_directories(dir);
  const std::string text = absl::StrReplaceAll(
      TextOf("colonnade-65nm.toml"),
      {{"rows = { value = 128.0", "rows = { value = 64.0"}});
  std::ofstream(dir + "/colonnade-65nm.toml") << text;
  const auto file = DeviceFile::Find("colonnade-65nm", dir);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->ValueOf("rows"), 64);
  EXPECT_TRUE(DeviceFile::Find("hermes-14nm", dir).ok());
  std::filesystem::remove_all(dir);
}

TEST(DeviceFileTest, WhatIsSetNamesAnotherCalibration) {
  auto file = *DeviceFile::Find("colonnade-65nm", "");
  const std::string before = file.Read()->calibration;
  ASSERT_TRUE(file.Set("registers=4").ok());
  EXPECT_NE(file.Read()->calibration, before);
}

struct SetCase {
  const char *device, *set, *message;
};

TEST(DeviceFileTest, RefusesWhatIsOutsideTheTables) {
  const SetCase kCases[] = {
      {"colonnade-65nm", "voltage=0.81", "voltage is 0.81 V, must be within"},
      {"colonnade-65nm", "voltage=0.59", "the points' 0.6 to 0.8 V"},
      {"colonnade-65nm", "rows=0", "rows is 0, must be a whole number from 1"},
      {"colonnade-65nm", "registers=1.5", "must be a whole number"},
      {"colonnade-65nm", "registers=129", "registers must be at most rows"},
      {"zigzag-dimc-28nm", "voltage=1", "voltage is 1 V"},
      {"zigzag-dimc-28nm", "rows=48", "rows must be a power of two"},
      {"kv260-llama2", "clock=301", "clock is 301 MHz, must be within 300"},
      {"hermes-14nm", "phases=2", "phases is 2, and there is no vector.2"},
      {"systolic-32x32", "dataflow=rs", "dataflow is \"rs\", must be ws"},
      {"kv260-llama2", "weights.efficiency=1.2", "must be at most 1"},
      {"kv260-llama2", "dram.bandwidth=0", "dram.bandwidth is 0"},
      {"colonnade-65nm", "numerics=quantum",
       "numerics is \"quantum\", must be digital, analog or fixed-point"},
      {"colonnade-65nm", "numerics=analog",
       "numerics is \"analog\", but its family computes otherwise"},
      {"zigzag-dimc-28nm", "adc.bits=8",
       "numerics is \"digital\", but its family computes otherwise"},
      {"cimple-28nm", "weight_bits=4",
       "numerics is \"digital\", which needs input_bits and weight_bits "
       "with 8"},
      {"kv260-llama2", "numerics=digital", "lanes fixed-point"},
      {"zigzag-dimc-28nm", "reference_activity=0", "must be positive"},
      {"h100-sxm", "frequency=3000", "has clocks from 210 to 1980 MHz"},
  };
  for (const SetCase& c : kCases) {
    SCOPED_TRACE(std::string(c.device) + " " + c.set);
    auto file = *DeviceFile::Find(c.device, "");
    ASSERT_TRUE(file.Set(c.set).ok());
    EXPECT_THAT(std::string(file.Read().status().message()),
                HasSubstr(c.message));
  }
  auto file = *DeviceFile::Find("colonnade-65nm", "");
  EXPECT_FALSE(file.Set("registers").ok());
  EXPECT_FALSE(file.Set("=4").ok());
  EXPECT_FALSE(file.Set("frequency=100").ok());
}

struct BadCase {
  const char *from, *to;  // in the text of colonnade-65nm
  const char* message;
};

TEST(DeviceFileTest, BadFilesNameFileAndKey) {
  const BadCase kCases[] = {
      {"unit = \"count\", node", "node", "rows has the unknown unit \"\""},
      {", source = \"H. Kim et al., Colonnade, JSSC 2021\" }\ncolumns",
       " }\ncolumns", "rows has no `source`"},
      {"value = 128.0", "value = -128.0", "rows is -128"},
      {"value = 128.0", "value = 0.0", "rows is 0, must be a whole number"},
      {"node = \"65 nm\", ", "", "has no `node`"},
      {"kind = \"measured\"", "kind = \"guessed\"", "has kind \"guessed\""},
      {"family = \"colonnade\"", "family = \"quantum\"",
       "family is \"quantum\", must be colonnade"},
      {"rows = {", "lines = {", "rows is missing"},
      {"name = \"colonnade-65nm\"", "name = \"x\"", "name is \"x\""},
      {"name = ", "colour = \"red\"\nname = ", "colour is not a known key"},
      {"sparsity = \"dense\"", "sparsity = \"some\"", "sparsity is \"some\""},
      {"rotary = \"yes\"", "rotary = \"maybe\"", "must be yes or no"},
      {"input_bits = [1,", "input_bits = [0, 1,", "input_bits must be"},
  };
  for (const BadCase& c : kCases) {
    SCOPED_TRACE(c.message);
    std::string text = TextOf("colonnade-65nm.toml");
    const size_t at = text.find(c.from);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, std::string(c.from).size(), c.to);
    const auto file = DeviceFile::Parse("colonnade-65nm.toml", text);
    const absl::Status status =
        file.ok() ? file->Read().status() : file.status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                testing::AllOf(HasSubstr("colonnade-65nm.toml: "),
                               HasSubstr(c.message)));
  }
}

}  // namespace
}  // namespace mj
