#include "bench/block_ops.h"

#include <gtest/gtest.h>

#include <set>

namespace mj {
namespace {

TEST(BlockOpsTest, EachOperationHasASampleAChain) {
  const auto ops =
      MeasureBlockOps({.chain_blocks = 3, .num_chains = 5, .rounds = 2});
  ASSERT_TRUE(ops.ok()) << ops.status();
  std::set<std::string> names;
  for (const BlockOp& op : *ops) {
    SCOPED_TRACE(op.name);
    names.insert(op.name);
    EXPECT_GE(op.times.size(), 10u);
    EXPECT_GT(op.times.Quantile(0.5), 0);
  }
  EXPECT_EQ(names.size(), ops->size());
}

}  // namespace
}  // namespace mj
