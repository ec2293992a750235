#include "engine/speculate/exit_pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "engine/speculate/train_exit_head.h"
#include "tests/engine/speculate/tiny_model.h"

namespace mj {
namespace {

constexpr int kBlocks = 4, kSequences = 3, kPrompt = 40;

ExitHead Train(const std::string& name, Numerics numerics, bool whole_model) {
  const auto model = OpenTiny(name, numerics);
  const auto text = RandomText(2000, model->config.vocab, 1);
  const auto trained = TrainExitHead(
      {.layer = whole_model ? model->config.num_layers : 1}, text, *model);
  EXPECT_TRUE(trained.ok()) << trained.status();
  return trained->head;
}

using Logits = std::vector<float>;

// A model, its pass, and sequences that have a prompt each.
struct Passing {
  Passing(const std::string& name, Numerics numerics, const ExitHead& head)
      : model(OpenTiny(name, numerics)), pass(*ExitPass::Load(head, *model)) {
    EXPECT_TRUE(
        model->backend->AllocateKv(model->kv_shape, kSequences * kBlocks)
            .ok());
    for (int i = 0; i < kSequences; ++i) {
      tables[i].resize(kBlocks);
      std::iota(tables[i].rbegin(), tables[i].rend(), i * kBlocks);
      ForwardBatch prompt;
      Add(i, RandomText(kPrompt, model->config.vocab, 5 + i), 0, prompt);
      model->runner->Run(prompt, [](int, const RowLogits&) {});
    }
  }

  void Add(int sequence, const std::vector<int32_t>& ids, int start,
           ForwardBatch& batch) {
    batch.sequences.push_back(
        {.first_row = static_cast<int>(batch.tokens.size()),
         .num_rows = static_cast<int>(ids.size()),
         .start_position = start,
         .block_table = tables[sequence]});
    batch.tokens.insert(batch.tokens.end(), ids.begin(), ids.end());
    batch.logits_rows.push_back({static_cast<int>(batch.tokens.size()) - 1});
  }

  // One token each of some sequences; all of them are asked, and `leaving` of
  // them, by place, leave. By place: the logits of the others.
  std::map<int, Logits> Step(const std::vector<int>& sequences, int32_t token,
                             int start, const std::vector<int>& leaving) {
    ForwardBatch batch;
    std::vector<int> rows;
    for (int s : sequences) {
      rows.push_back(static_cast<int>(batch.tokens.size()));
      Add(s, {token}, start, batch);
    }
    std::map<int, Logits> logits;
    pass.Run(
        batch, rows,
        [&](std::span<const Draft> given) {
          drafts.assign(given.begin(), given.end());
          return leaving;
        },
        [&](int i, const RowLogits& row) {
          logits[i].assign(row.all.begin(), row.all.end());
        });
    return logits;
  }

  std::unique_ptr<LoadedModel> model;
  ExitPass pass;
  std::vector<int32_t> tables[kSequences];
  std::vector<Draft> drafts;  // of the latest step
};

class ExitPassTest
    : public testing::TestWithParam<std::tuple<const char*, Numerics>> {
 protected:
  std::string name() const { return std::get<0>(GetParam()); }
  Numerics numerics() const { return std::get<1>(GetParam()); }
};

TEST_P(ExitPassTest, WhoStaysGetsTheBitsOfAWholePass) {
  const ExitHead head = Train(name(), numerics(), false);
  Passing whole(name(), numerics(), head), partly(name(), numerics(), head);
  const auto want = whole.Step({0, 1, 2}, 7, kPrompt, {});
  ASSERT_EQ(want.size(), 3u);
  const auto got = partly.Step({0, 1, 2}, 7, kPrompt, {1});
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got.at(0), want.at(0));
  EXPECT_EQ(got.at(2), want.at(2));
  // What it stored is a whole pass's, too.
  const auto want_next = whole.Step({0, 1, 2}, 9, kPrompt + 1, {});
  const auto next = partly.Step({0, 1, 2}, 9, kPrompt + 1, {});
  EXPECT_EQ(next.at(0), want_next.at(0));
  EXPECT_EQ(next.at(2), want_next.at(2));
  EXPECT_NE(next.at(1), want_next.at(1));
}

TEST_P(ExitPassTest, NobodyLeavesWithoutBeingAsked) {
  const ExitHead head = Train(name(), numerics(), false);
  Passing asked(name(), numerics(), head), plain(name(), numerics(), head);
  ForwardBatch batch;
  plain.Add(0, {7}, kPrompt, batch);
  Logits want;
  plain.model->runner->Run(batch, [&](int, const RowLogits& row) {
    want.assign(row.all.begin(), row.all.end());
  });
  EXPECT_EQ(asked.Step({0}, 7, kPrompt, {}).at(0), want);
}

TEST_P(ExitPassTest, WhatALeavingRowStoresIsItsOwn) {
  const ExitHead head = Train(name(), numerics(), false);
  Passing alone(name(), numerics(), head), among(name(), numerics(), head);
  EXPECT_TRUE(alone.Step({1}, 7, kPrompt, {0}).empty());
  EXPECT_EQ(among.Step({0, 1, 2}, 7, kPrompt, {1, 2}).size(), 1u);
  EXPECT_EQ(alone.drafts[0].token, among.drafts[1].token);
  EXPECT_EQ(alone.drafts[0].margin, among.drafts[1].margin);
  EXPECT_EQ(alone.Step({1}, 9, kPrompt + 1, {}).at(0),
            among.Step({1}, 9, kPrompt + 1, {}).at(0));
}

TEST_P(ExitPassTest, AfterTheLastLayerNothingIsLost) {
  const ExitHead head = Train(name(), numerics(), true);
  Passing left(name(), numerics(), head), stayed(name(), numerics(), head);
  EXPECT_EQ(left.Step({0, 1}, 7, kPrompt, {0}).size(), 1u);
  stayed.Step({0, 1}, 7, kPrompt, {});
  EXPECT_EQ(left.Step({0}, 9, kPrompt + 1, {}),
            stayed.Step({0}, 9, kPrompt + 1, {}));
}

TEST_P(ExitPassTest, APromptRunsWholeBesideARowThatLeaves) {
  const ExitHead head = Train(name(), numerics(), false);
  Passing mixed(name(), numerics(), head), plain(name(), numerics(), head);
  const std::vector<int32_t> more = RandomText(5, 50, 11);
  const auto run = [&](Passing& p, const std::vector<int>& leaving) {
    ForwardBatch batch;
    p.Add(0, {7}, kPrompt, batch);
    p.Add(1, more, kPrompt, batch);
    Logits logits;
    const int rows[] = {0};
    p.pass.Run(
        batch, rows, [&](std::span<const Draft>) { return leaving; },
        [&](int i, const RowLogits& row) {
          if (i == 1) logits.assign(row.all.begin(), row.all.end());
        });
    return logits;
  };
  const Logits want = run(plain, {});
  EXPECT_FALSE(want.empty());
  EXPECT_EQ(run(mixed, {0}), want);
}

INSTANTIATE_TEST_SUITE_P(
    Models, ExitPassTest,
    testing::Combine(testing::Values("llama-quantised", "gemma3"),
                     testing::Values(Numerics::kF32, Numerics::kInt8)));

}  // namespace
}  // namespace mj
