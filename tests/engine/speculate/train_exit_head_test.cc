#include "engine/speculate/train_exit_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/speculate/exit_drafter.h"
#include "tests/engine/speculate/tiny_model.h"
#include "tests/fakes/fake_model.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(TrialLayersTest, SpreadsOverTheModelToItsEnd) {
  EXPECT_THAT(TrialLayers(1), ElementsAre(1));
  EXPECT_THAT(TrialLayers(2), ElementsAre(1, 2));
  EXPECT_THAT(TrialLayers(18), ElementsAre(2, 3, 6, 9, 12, 15, 18));
  EXPECT_THAT(TrialLayers(32), ElementsAre(3, 6, 11, 16, 22, 27, 32));
}

class TrainExitHeadTest : public testing::TestWithParam<const char*> {};

// After its last layer a model's own norm is linear in what the head reads, so
// the fit must find it, and drafts must be what the model says.
TEST_P(TrainExitHeadTest, FindsTheModelItselfAfterItsLastLayer) {
  const auto model = OpenTiny(GetParam(), Numerics::kF32);
  const auto text = RandomText(4000, model->config.vocab, 1);
  const auto trained = TrainExitHead(
      {.layer = model->config.num_layers, .lambda = 1e-9}, text, *model);
  ASSERT_TRUE(trained.ok()) << trained.status();
  EXPECT_GT(trained->head.agreement, 0.97);
  EXPECT_LT(trained->head.map.noise, 1e-4);
}

TEST_P(TrainExitHeadTest, TellsWhatItDid) {
  const auto model = OpenTiny(GetParam(), Numerics::kF32);
  const auto text = RandomText(3000, model->config.vocab, 1);
  const auto trained = TrainExitHead({.draft_vocabulary = 50}, text, *model);
  ASSERT_TRUE(trained.ok()) << trained.status();
  const ExitHead& head = trained->head;
  EXPECT_EQ(head.fingerprint, model->fingerprint);
  EXPECT_EQ(head.numerics, "f32");
  EXPECT_EQ(head.num_layers, model->config.num_layers);
  EXPECT_EQ(head.vocabulary.size(), 50);
  // Each window's first position is left out.
  EXPECT_LT(head.tokens, 2700);
  EXPECT_GE(head.tokens, 2700 - 2700 / 100);
  EXPECT_LT(trained->held_out, 300);
  const std::vector<int> layers = TrialLayers(model->config.num_layers);
  ASSERT_EQ(trained->trials.size(), layers.size());
  double best = 0;
  for (size_t i = 0; i < layers.size(); ++i) {
    const ExitTrial& trial = trained->trials[i];
    EXPECT_EQ(trial.layer, layers[i]);
    EXPECT_EQ(trial.cost, DraftCost(model->shape, layers[i], 50));
    EXPECT_GE(trial.tokens[0], 1);
    EXPECT_GE(trial.tokens[3], trial.tokens[0]);
    best = std::max(best, trial.best.value);
    if (trial.layer == head.layer) {
      EXPECT_EQ(trial.agreement, head.agreement);
    }
  }
  EXPECT_TRUE(CheckExitHead(head, *model).ok());
  EXPECT_GE(best, 1);
}

INSTANTIATE_TEST_SUITE_P(Tiny, TrainExitHeadTest,
                         testing::Values("llama3", "qwen3", "gemma3"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

struct Refusal {
  const char* name;
  ExitTraining training;
  int tokens;
  const char* message;
};

TEST(TrainExitHeadTest, SaysWhatWasNeeded) {
  const auto model = OpenTiny("llama3", Numerics::kF32);
  const Refusal refusals[] = {
      {"no text", {}, 0, "the text has 0 tokens"},
      {"too short", {}, model->config.hidden, "needs more than"},
      {"too deep", {.layer = 99}, 4000, "layer is 99; llama3 has 1 to"},
  };
  for (const Refusal& refusal : refusals) {
    const auto text = RandomText(refusal.tokens, model->config.vocab, 1);
    const auto trained = TrainExitHead(refusal.training, text, *model);
    EXPECT_EQ(trained.status().code(), absl::StatusCode::kInvalidArgument)
        << refusal.name;
    EXPECT_THAT(std::string(trained.status().message()),
                HasSubstr(refusal.message));
  }
  std::vector<int32_t> text(4000, model->config.vocab);
  EXPECT_THAT(std::string(TrainExitHead({}, text, *model).status().message()),
              HasSubstr(absl::StrCat("token ", model->config.vocab)));
  FakeRunnerLog log;
  EXPECT_THAT(
      std::string(
          TrainExitHead({}, text, *MakeFakeModel(log)).status().message()),
      HasSubstr("no decoder"));
}

}  // namespace
}  // namespace mj
