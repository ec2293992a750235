#include "engine/speculate/windowed_pass.h"

#include <gtest/gtest.h>

#include "tests/engine/speculate/tiny_model.h"

namespace mj {
namespace {

std::vector<float> ResidualOf(LoadedModel& model, int rows) {
  std::vector<float> residual(static_cast<size_t>(rows) * model.config.hidden);
  model.backend->ReadRows(model.decoder->residual(), 0, residual);
  return residual;
}

TEST(WindowedPassTest, VisitsEveryLayerOfEveryChunkInOrder) {
  const auto model = OpenTiny("llama3", Numerics::kF32);
  auto pass = WindowedPass::Make({1, 2}, *model);
  ASSERT_TRUE(pass.ok()) << pass.status();
  const int special = static_cast<int>(model->tokenizer->Encode("", {}).size());
  const int window = std::min(1024, model->config.context_length);
  const int tokens = window - special + 10;  // ten begin another window
  std::vector<size_t> layers;
  int rows = 0, windows = 0, ended = 0;
  pass->Run(
      RandomText(tokens, model->config.vocab, 1),
      [&](size_t index, const WindowedPass::Chunk&) {
        layers.push_back(index);
      },
      [&](const WindowedPass::Chunk& chunk) {
        EXPECT_EQ(layers, (std::vector<size_t>{0, 1}));
        layers.clear();
        EXPECT_LE(chunk.rows, model->max_rows);
        rows += chunk.rows;
        windows += chunk.starts_window;
        ended += chunk.ends_window;
      });
  EXPECT_EQ(rows, tokens + 2 * special);
  EXPECT_EQ(windows, 2);
  EXPECT_EQ(ended, 2);
}

// Stopping to look changes nothing of what is seen later.
TEST(WindowedPassTest, TheEndIsTheSameWithAndWithoutStops) {
  std::vector<std::vector<float>> ends;
  for (const std::vector<int>& layers : {std::vector<int>{}, {1}, {1, 2}}) {
    const auto model = OpenTiny("gemma3", Numerics::kBf16);
    auto pass = WindowedPass::Make(layers, *model);
    ASSERT_TRUE(pass.ok()) << pass.status();
    std::vector<float> end, last_stop;
    pass->Run(
        RandomText(30, model->config.vocab, 1),
        [&](size_t, const WindowedPass::Chunk& chunk) {
          last_stop = ResidualOf(*model, chunk.rows);
        },
        [&](const WindowedPass::Chunk& chunk) {
          end = ResidualOf(*model, chunk.rows);
        });
    if (!layers.empty() && layers.back() == model->config.num_layers) {
      EXPECT_EQ(last_stop, end);
    }
    ends.push_back(end);
  }
  EXPECT_EQ(ends[0], ends[1]);
  EXPECT_EQ(ends[0], ends[2]);
}

}  // namespace
}  // namespace mj
