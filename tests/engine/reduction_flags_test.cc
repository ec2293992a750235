#include "engine/reduction_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mj {
namespace {

using testing::HasSubstr;

absl::Status Set(EngineFlags& flags, const std::string& name,
                 const std::string& value) {
  for (Flag& flag : ReductionFlagTable(flags)) {
    if (flag.name == name) return flag.set(value);
  }
  return absl::NotFoundError(name);
}

TEST(ReductionFlagsTest, SetWhatTheySay) {
  EngineFlags flags;
  EXPECT_EQ(flags.weights.bits, 0);
  EXPECT_EQ(flags.activation_bits, 0);
  EXPECT_TRUE(Set(flags, "weight-sparsity", "block:3/4").ok());
  EXPECT_TRUE(Set(flags, "weight-bits", "4").ok());
  EXPECT_TRUE(Set(flags, "activation-bits", "8").ok());
  EXPECT_EQ(SparsityName(flags.weights.sparsity), "block:3/4");
  EXPECT_EQ(flags.weights.bits, 4);
  EXPECT_EQ(flags.activation_bits, 8);
  EXPECT_TRUE(Set(flags, "weight-sparsity", "dense").ok());
  EXPECT_FALSE(flags.weights.sparsity.prunes());
}

TEST(ReductionFlagsTest, RefuseTheRestAndKeepWhatWas) {
  EngineFlags flags;
  for (const char* text : {"0:4", "5:4", "2/4", "block:0/4", "block:5/4", ""}) {
    const absl::Status status = Set(flags, "weight-sparsity", text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("'" + std::string(text) + "'"));
  }
  for (const char* name : {"weight-bits", "activation-bits"}) {
    for (const char* text : {"0", "3", "9", "-4", "44", "", "4 "}) {
      const absl::Status status = Set(flags, name, text);
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
      EXPECT_THAT(std::string(status.message()), HasSubstr("none of 2, 4, 8"));
    }
  }
  EXPECT_EQ(SparsityName(flags.weights.sparsity), "dense");
  EXPECT_EQ(flags.weights.bits, 0);
  EXPECT_EQ(flags.activation_bits, 0);
}

}  // namespace
}  // namespace mj
