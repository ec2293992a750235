#include "bench/layer_split.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "hw_backends/simulated_backend.h"

namespace mj {
namespace {

constexpr int kMaxRows = 32;

std::unique_ptr<LoadedModel> Load(const char* layers,
                                  std::optional<CellKind> cells) {
  auto backend =
      MakeSimulatedBackend(*FindSimulated("cim:hermes-14nm", ""),
                           {.analog = {.chips = 1000,
                                       .layers = *AnalogLayers::Parse(layers),
                                       .cells = cells}},
                           {.threads = 2, .max_rows = kMaxRows});
  EXPECT_TRUE(backend.ok()) << backend.status();
  auto model = LoadModel(MJ_SOURCE_DIR "/tests/data/tiny/llama-quantised.gguf",
                         *std::move(backend), kMaxRows);
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

// More than one window of them.
std::vector<int32_t> Ids() {
  std::vector<int32_t> ids;
  for (int i = 0; i < 50; ++i) ids.push_back((i * 31 + 7) % 100);
  return ids;
}

TEST(LayerSplitTest, IsTheModelThatIsLoadedSo) {
  const auto none = Load("none", {}), all = Load("all", {});
  auto split = LayerSplit::Make(*none, *all, Ids());
  ASSERT_TRUE(split.ok()) << split.status();
  const int parts = split->num_parts();
  ASSERT_GE(parts, 3);
  for (const char* layers : {"0", "1", "0,head", "none", "all"}) {
    const auto loaded = Load(layers, {});
    const AnalogLayers list = *AnalogLayers::Parse(layers);
    std::vector<bool> analog;
    for (int part = 0; part + 1 < parts; ++part) {
      analog.push_back(list.Has({MatrixRole::Kind::kQkv, part}));
    }
    analog.push_back(list.Has({MatrixRole::Kind::kHead}));
    const auto other = Load(layers, {});
    auto whole = LayerSplit::Make(*loaded, *other, Ids());
    ASSERT_TRUE(whole.ok()) << whole.status();
    EXPECT_EQ(split->MeanNll(analog), whole->MeanNll(std::vector<bool>(parts)))
        << layers;
  }
}

TEST(LayerSplitTest, NoisierCellsHaveLessSignalToNoiseInEveryPart) {
  const auto none = Load("none", {});
  const auto ideal = Load("all", CellKind::kIdeal);
  const auto noisy = Load("all", CellKind::kHermesSingle);
  auto split = LayerSplit::Make(*none, *ideal, Ids());
  ASSERT_TRUE(split.ok()) << split.status();
  const std::vector<double> quiet = split->SignalToNoise();
  split = LayerSplit::Make(*none, *noisy, Ids());
  ASSERT_TRUE(split.ok()) << split.status();
  const std::vector<double> loud = split->SignalToNoise();
  ASSERT_EQ(std::ssize(quiet), split->num_parts());
  for (size_t i = 0; i < quiet.size(); ++i) {
    EXPECT_GT(quiet[i], loud[i] + 5) << i;
  }
}

TEST(LayerSplitTest, NeedsSomethingToPredict) {
  const auto none = Load("none", {}), all = Load("none", {});
  EXPECT_EQ(LayerSplit::Make(*none, *all, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mj
