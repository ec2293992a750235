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

TEST(DeviceOpTest, IndicesAreStoredWhereTheySave) {
  const auto bits = [](Sparsity sparsity, int weight_bits, double index) {
    return StoredBits({{1, 1, 1}, 8, weight_bits, sparsity}, index);
  };
  const Sparsity half{Sparsity::Kind::kNofM, 2, 4};
  EXPECT_EQ(bits({}, 8, 2), 8);
  EXPECT_EQ(bits(half, 8, 2), 5);
  EXPECT_EQ(bits(half, 2, 2), 2);  // as many as all of them take
  EXPECT_EQ(bits({Sparsity::Kind::kNofM, 7, 8}, 8, 3), 8);
  EXPECT_EQ(bits({Sparsity::Kind::kNofM, 4, 4}, 8, 0), 8);
  EXPECT_EQ(bits({Sparsity::Kind::kBlock, 3, 4}, 8, 0.0625), 6.046875);
  EXPECT_FALSE((Sparsity{Sparsity::Kind::kNofM, 4, 4}.prunes()));
  EXPECT_TRUE(half.prunes());
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
