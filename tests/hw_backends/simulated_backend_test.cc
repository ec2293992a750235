#include "hw_backends/simulated_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_replace.h"
#include "hw_backends/models/data_files.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string Colonnade(const std::string& name) {
  for (const DataFile& file : CompiledDataFiles()) {
    if (file.name != "colonnade-65nm.toml") continue;
    return absl::StrReplaceAll(
        std::string(file.text),
        {{"name = \"colonnade-65nm\"", "name = \"" + name + "\""}});
  }
  return "";
}

struct NameCase {
  const char* backend;
  absl::StatusCode code;
  const char* message;
};

TEST(SimulatedBackendTest, SaysWhatIsWrongWithAName) {
  const NameCase kCases[] = {
      {"cim:colonade", absl::StatusCode::kNotFound,
       "no device is named 'colonade'; there are cim:cimple-28nm"},
      {"cim:", absl::StatusCode::kNotFound, "no device is named ''"},
      {"fpga:kv260", absl::StatusCode::kNotFound, "fpga:kv260-llama2"},
      {"cim:eyeriss-v1", absl::StatusCode::kInvalidArgument,
       "no `numerics`, so that it is priced (--shadow)"},
      {"fpga:colonnade-65nm", absl::StatusCode::kInvalidArgument,
       "are digital, which makes it the backend cim:colonnade-65nm"},
      {"cim:kv260-llama2", absl::StatusCode::kInvalidArgument,
       "makes it the backend fpga:kv260-llama2"},
      {"cim:h100-sxm", absl::StatusCode::kInvalidArgument, "no `numerics`"},
  };
  for (const NameCase& c : kCases) {
    const absl::Status status = FindSimulated(c.backend, "").status();
    EXPECT_EQ(status.code(), c.code) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(std::string("backend ") + c.backend),
                      HasSubstr(c.message)));
  }
}

TEST(SimulatedBackendTest, AFileOfTheDataFolderIsADevice) {
  const TempFolder folder;
  folder.Write("my-device.toml", Colonnade("my-device"));
  const auto device = FindSimulated("cim:my-device", folder.path());
  ASSERT_TRUE(device.ok()) << device.status();
  const auto backend = MakeSimulatedBackend(*device, {}, {});
  ASSERT_TRUE(backend.ok()) << backend.status();
  EXPECT_EQ((*backend)->info().name, "cim:my-device");
  EXPECT_EQ((*backend)->info().numerics, "int8");
  EXPECT_TRUE((*backend)->info().batch_invariant);
  EXPECT_FALSE(FindSimulated("cim:my-device", "").ok());
}

TEST(SimulatedBackendTest, ABrokenFileIsToldWithItsKey) {
  const TempFolder folder;
  folder.Write("my-device.toml",
               absl::StrReplaceAll(
                   Colonnade("my-device"),
                   {{"numerics = \"digital\"", "numerics = \"optical\""}}));
  EXPECT_THAT(
      std::string(
          FindSimulated("cim:my-device", folder.path()).status().message()),
      AllOf(HasSubstr("backend cim:my-device: my-device.toml"),
            HasSubstr("numerics is \"optical\", must be digital")));
  const auto devices = SimulatedDevices(folder.path());
  const auto broken =
      std::ranges::find(devices, "my-device", &SimulatedDevice::backend);
  ASSERT_NE(broken, devices.end());
  EXPECT_FALSE(broken->why_not.ok());
}

TEST(SimulatedBackendTest, ListsWhatRunsAndWhyOthersDoNot) {
  const std::vector<SimulatedDevice> devices = SimulatedDevices("");
  const auto find = [&](const std::string& backend) {
    const auto at =
        std::ranges::find(devices, backend, &SimulatedDevice::backend);
    EXPECT_NE(at, devices.end()) << backend;
    return *at;
  };
  for (const char* runs :
       {"cim:cimple-28nm", "cim:colonnade-65nm", "cim:hnm-cim",
        "cim:zigzag-dimc-28nm", "fpga:artix7-fused", "fpga:kv260-distilbert",
        "fpga:kv260-llama2", "fpga:u280-spatial"}) {
    EXPECT_TRUE(find(runs).why_not.ok()) << runs;
  }
  EXPECT_THAT(std::string(find("cim:qk-macro-65nm").why_not.message()),
              HasSubstr("RoPE"));
}

}  // namespace
}  // namespace mj
