#include "hw_backends/fpga/fpga_backend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "hw_backends/simulated_backend.h"
#include "tests/hw_backends/tiny_model.h"

namespace mj {
namespace {

TinyModel MakeModel(int threads, KvType kv_type) {
  return TinyModel(*MakeFpgaBackend(*FindSimulated("fpga:kv260-llama2", ""),
                                    {.threads = threads,
                                     .kv_type = kv_type,
                                     .max_rows = TinyModel::kMaxRows}));
}

TEST(FpgaBackendTest, BitsDependOnNeitherChunksNorThreads) {
  const std::vector<int32_t> tokens = Tokens(150);
  for (KvType type : {KvType::kF32, KvType::kBF16, KvType::kInt8}) {
    const std::vector<float> want = MakeModel(1, type).Run(tokens, 1, 0);
    for (float logit : want) ASSERT_TRUE(std::isfinite(logit));
    for (int threads : {1, 3}) {
      TinyModel model = MakeModel(threads, type);
      EXPECT_TRUE(model.backend().info().batch_invariant);
      for (int chunk : {1, 37, 150}) {
        EXPECT_EQ(model.Run(tokens, chunk, 8), want)
            << threads << " threads, chunks of " << chunk;
      }
    }
  }
}

TEST(FpgaBackendTest, LogitsFollowTheCpus) {
  const std::vector<int32_t> tokens = Tokens(40);
  TinyModel cpu(*MakeCpuBackend({.numerics = Numerics::kInt8,
                                 .kv_type = KvType::kF32,
                                 .max_rows = TinyModel::kMaxRows}));
  const std::vector<float> want = cpu.Run(tokens, 40, 0);
  const std::vector<float> got = MakeModel(2, KvType::kF32).Run(tokens, 40, 0);
  double difference = 0, size = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    difference += std::pow(got[i] - want[i], 2);
    size += std::pow(want[i], 2);
  }
  EXPECT_LT(std::sqrt(difference / size), 0.03);
  EXPECT_GT(difference, 0);  // it has numerics of its own
}

}  // namespace
}  // namespace mj
