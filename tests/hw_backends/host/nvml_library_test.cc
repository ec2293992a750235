#include "hw_backends/host/nvml_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/scripted_nvml.h"

namespace mj {
namespace {

using testing::HasSubstr;

TEST(NvmlLibraryTest, ALibraryThatIsNotThereIsNamed) {
  const auto loaded = NvmlLibrary::Load("libno-such-nvml.so.1");
  EXPECT_TRUE(absl::IsUnavailable(loaded.status()));
  EXPECT_THAT(std::string(loaded.status().message()),
              HasSubstr("libno-such-nvml.so.1"));
}

TEST(NvmlLibraryTest, AnotherLibraryLacksItsFunctions) {
  const auto loaded = NvmlLibrary::Load("libm.so.6");
  EXPECT_TRUE(absl::IsUnavailable(loaded.status()));
  EXPECT_THAT(std::string(loaded.status().message()), HasSubstr("nvmlInit_v2"));
}

TEST(NvmlLibraryTest, IsInitialisedWhileItLives) {
  ScriptedNvml nvml;
  {
    const auto library = nvml.Load();
    EXPECT_TRUE(nvml.is_initialised);
  }
  EXPECT_FALSE(nvml.is_initialised);
  nvml.error = 9;
  const auto failed = NvmlLibrary::From(ScriptedNvml::Functions());
  EXPECT_TRUE(absl::IsUnavailable(failed.status()));
}

struct ErrorCase {
  const char* name;
  int error;
  absl::StatusCode want;
};
constexpr ErrorCase kErrorCases[] = {
    {"success", 0, absl::StatusCode::kOk},
    {"invalid argument", 2, absl::StatusCode::kInvalidArgument},
    {"not supported", 3, absl::StatusCode::kUnimplemented},
    {"no permission", 4, absl::StatusCode::kPermissionDenied},
    {"not found", 6, absl::StatusCode::kNotFound},
    {"driver not loaded", 9, absl::StatusCode::kUnavailable},
    {"GPU is lost", 15, absl::StatusCode::kUnavailable},
    {"unknown", 999, absl::StatusCode::kInternal},
};

TEST(NvmlLibraryTest, ErrorsBecomeStatuses) {
  ScriptedNvml nvml;
  const auto library = nvml.Load();
  for (const ErrorCase& test : kErrorCases) {
    const absl::Status status = library->Check(test.error, "power of GPU 0");
    EXPECT_EQ(status.code(), test.want) << test.name;
    if (test.error == 0) continue;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("power of GPU 0: scripted (NVML error"));
  }
}

TEST(NvmlLibraryTest, ListsAllGpus) {
  ScriptedNvml nvml;
  const auto library = nvml.Load();
  const auto gpus = ListGpus(*library);
  ASSERT_EQ(gpus->size(), 2u);
  EXPECT_EQ((*gpus)[1].index, 1);
  EXPECT_EQ((*gpus)[1].uuid, "GPU-b");
  EXPECT_EQ((*gpus)[1].name, "NVIDIA Scripted");
  nvml.error = 15;
  EXPECT_TRUE(absl::IsUnavailable(ListGpus(*library).status()));
}

}  // namespace
}  // namespace mj
