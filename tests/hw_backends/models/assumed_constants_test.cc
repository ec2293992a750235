#include "hw_backends/models/assumed_constants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

using testing::Contains;
using testing::Not;

TEST(AssumedConstantsTest, NamesWhatAnAnswerHangsOn) {
  DeviceFile file = *DeviceFile::Find("colonnade-65nm", "");
  const DeviceOp one_tile{{64, 8, 128}, 8, 8};
  EXPECT_THAT(AssumedConstants(file, one_tile), Contains("write.energy"));
  // No partial sums leave one tile; no delay was assumed at 0.8 V.
  EXPECT_THAT(AssumedConstants(file, one_tile), Not(Contains("noc.energy")));
  EXPECT_THAT(AssumedConstants(file, one_tile), Not(Contains("point.2.delay")));
  EXPECT_THAT(AssumedConstants(file, {{64, 8, 256}, 8, 8}),
              Contains("noc.energy"));
  ASSERT_TRUE(file.Set("voltage=0.7").ok());
  EXPECT_THAT(AssumedConstants(file, one_tile), Contains("point.2.delay"));
}

TEST(AssumedConstantsTest, MeasuredConstantsAreNoneOfThem) {
  const DeviceFile file = *DeviceFile::Find("kv260-llama2", "");
  const auto used = AssumedConstants(file, {{1, 64, 64}, 16, 4});
  EXPECT_THAT(used, Contains("static.power"));
  EXPECT_THAT(used, Not(Contains("weights.efficiency")));
}

}  // namespace
}  // namespace mj
