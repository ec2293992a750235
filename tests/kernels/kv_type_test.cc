#include "kernels/kv_type.h"

#include <gtest/gtest.h>

#include "kernels/attention.h"

namespace mj {
namespace {

TEST(KvTypeTest, NamesAreReadBack) {
  for (KvType type : kAllKvTypes) {
    EXPECT_EQ(ParseKvType(KvTypeName(type)), type);
  }
  EXPECT_EQ(KvTypeName(KvType::kBF16), "bf16");
  for (const char* name : {"", "fp8", "F32", "int8 "}) {
    EXPECT_EQ(ParseKvType(name), std::nullopt) << name;
  }
}

TEST(KvTypeTest, BlocksAreElementsAndScalesInWholeCacheLines) {
  const struct {
    KvType type;
    int head_dim;
    int64_t bytes;
  } cases[] = {
      {KvType::kF32, 64, 16384},  {KvType::kBF16, 64, 8192},
      {KvType::kF16, 64, 8192},   {KvType::kInt8, 64, 4096 + 256},
      {KvType::kF32, 256, 65536}, {KvType::kInt8, 256, 16384 + 256},
      {KvType::kBF16, 20, 4096},  {KvType::kInt8, 2, 1024 + 256},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(KvBlockBytes(c.type, c.head_dim), c.bytes) << KvTypeName(c.type);
    EXPECT_EQ(c.bytes % 64, 0);
  }
}

}  // namespace
}  // namespace mj
