#include "hw_backends/cim/analog_device.h"

#include <gtest/gtest.h>

#include "hw_backends/models/device_file.h"

namespace mj {
namespace {

DeviceDescriptor Descriptor(const char* name) {
  return *DeviceFile::Find(name, "")->Read();
}

// SmolLM2-135M.
ModelShape Shape() {
  ModelShape shape;
  const LayerShape layer{.qkv = {960, 576},
                         .output = {576, 576},
                         .gate_up = {3072, 576},
                         .down = {576, 1536}};
  shape.layers.assign(30, layer);
  shape.head = {49152, 576};
  return shape;
}

TEST(AnalogDeviceTest, TilesCoverEveryMatrixInTheCells) {
  const AnalogDevice hermes = *AnalogDeviceOf(Descriptor("hermes-14nm"), {});
  EXPECT_EQ(TilesOf(hermes, 256, 256), 1);
  EXPECT_EQ(TilesOf(hermes, 257, 256), 2);
  EXPECT_EQ(TilesOf(hermes, 257, 257), 4);
  // 12 + 9 + 36 + 18 a layer, and the head's 192 x 3.
  EXPECT_EQ(TilesOf(hermes, Shape(), {}), 30 * 75 + 576);
  EXPECT_EQ(TilesOf(hermes, Shape(), *AnalogLayers::Parse("3")), 75);
  EXPECT_EQ(TilesOf(hermes, Shape(), *AnalogLayers::Parse("none")), 0);
}

TEST(AnalogDeviceTest, SaysHowManyChipsItTakes) {
  AnalogOptions options;
  const AnalogDevice hermes = *AnalogDeviceOf(Descriptor("hermes-14nm"), {});
  const absl::Status status = CheckFits(hermes, Shape(), options);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const char* part : {"2826 tiles", "has 64", "45 chips"}) {
    EXPECT_NE(status.message().find(part), absl::string_view::npos) << status;
  }
  options.chips = 44;
  EXPECT_FALSE(CheckFits(hermes, Shape(), options).ok());
  options.chips = 45;
  EXPECT_TRUE(CheckFits(hermes, Shape(), options).ok());
  options.chips = 1;
  options.layers = *AnalogLayers::Parse("none");
  EXPECT_TRUE(CheckFits(hermes, Shape(), options).ok());
  options.layers = *AnalogLayers::Parse("30");
  EXPECT_FALSE(CheckFits(hermes, Shape(), options).ok());
}

TEST(AnalogDeviceTest, RefusesWhatIsNotKnownOfADevice) {
  EXPECT_EQ(AnalogDeviceOf(Descriptor("cimple-28nm"), {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(AnalogDeviceOf(Descriptor("u280-spatial"), {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  const DeviceDescriptor isaac = Descriptor("isaac-32nm");
  EXPECT_TRUE(AnalogDeviceOf(isaac, {}).ok());
  for (const AnalogOptions& options :
       {AnalogOptions{.age = Seconds(1)},
        AnalogOptions{.cells = CellKind::kPcm}}) {
    EXPECT_EQ(AnalogDeviceOf(isaac, options).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace mj
