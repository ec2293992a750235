#include "hw_backends/models/device_op.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

TEST(DeviceOpTest, ReadsSparsityAsItPrintsIt) {
  for (const char* text : {"dense", "2:4", "1:8", "block:3/4"}) {
    const auto sparsity = ParseSparsity(text);
    ASSERT_TRUE(sparsity.ok()) << text;
    EXPECT_EQ(SparsityName(*sparsity), text);
  }
  EXPECT_DOUBLE_EQ(ParseSparsity("2:4")->density(), 0.5);
  EXPECT_DOUBLE_EQ(ParseSparsity("block:3/4")->density(), 0.75);
}

TEST(DeviceOpTest, RefusesWhatIsNoSparsity) {
  for (const char* text : {"", "sparse", "4:2", "0:4", "2:", "2/4", "block:4",
                           "block:5/4", "2:4:8", "-1:4"}) {
    EXPECT_EQ(ParseSparsity(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(DeviceOpTest, ReadsGemm) {
  EXPECT_EQ(*ParseGemm("64,8,128"), (GemmShape{64, 8, 128}));
  for (const char* text :
       {"", "1,2", "1,2,3,4", "0,1,1", "1,-2,3", "1,2,x", "1,2,2000000"}) {
    EXPECT_FALSE(ParseGemm(text).ok()) << text;
  }
}

}  // namespace
}  // namespace mj
