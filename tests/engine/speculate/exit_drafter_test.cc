#include "engine/speculate/exit_drafter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "engine/speculate/train_exit_head.h"
#include "tests/engine/speculate/tiny_model.h"
#include "tests/fakes/fake_model.h"

namespace mj {
namespace {

using testing::HasSubstr;

constexpr int kBlocks = 4;

ExitHead Train(const std::string& name, Numerics numerics, int layer,
               int draft_vocabulary) {
  const auto model = OpenTiny(name, numerics);
  const auto text = RandomText(2000, model->config.vocab, 1);
  const auto trained = TrainExitHead(
      {.layer = layer, .draft_vocabulary = draft_vocabulary}, text, *model);
  EXPECT_TRUE(trained.ok()) << trained.status();
  return trained->head;
}

// A model and its drafter; sequence i has blocks of its own.
struct Drafting {
  Drafting(const std::string& name, Numerics numerics, const ExitHead& head)
      : model(OpenTiny(name, numerics)),
        drafter(*ExitDrafter::Load(head, *model)) {
    EXPECT_TRUE(model->backend->AllocateKv(model->kv_shape, 2 * kBlocks).ok());
    for (int i = 0; i < 2; ++i) {
      tables[i].resize(kBlocks);
      std::iota(tables[i].rbegin(), tables[i].rend(), i * kBlocks);
    }
  }

  // A full pass; the logits of the last row.
  std::vector<float> Run(const std::vector<int32_t>& ids, int start,
                         int sequence) {
    ForwardBatch batch{.tokens = ids};
    const int rows = static_cast<int>(ids.size());
    batch.sequences.push_back({.num_rows = rows,
                               .start_position = start,
                               .block_table = tables[sequence]});
    batch.logits_rows.push_back({rows - 1});
    std::vector<float> last;
    model->runner->Run(batch, [&](int, const RowLogits& logits) {
      last.assign(logits.all.begin(), logits.all.end());
    });
    return last;
  }

  std::vector<Draft> DraftAfter(
      const std::vector<std::pair<int, DraftRow>>& rows) {
    std::vector<DraftRow> with_tables;
    for (auto [sequence, row] : rows) {
      row.block_table = tables[sequence];
      with_tables.push_back(row);
    }
    std::vector<Draft> drafts(rows.size());
    drafter.Draft(with_tables, drafts);
    return drafts;
  }

  std::unique_ptr<LoadedModel> model;
  ExitDrafter drafter;
  std::vector<int32_t> tables[2];
};

bool Same(const Draft& a, const Draft& b) {
  return a.token == b.token && a.margin == b.margin;
}

class ExitDrafterTest
    : public testing::TestWithParam<std::tuple<const char*, Numerics>> {
 protected:
  std::string name() const { return std::get<0>(GetParam()); }
  Numerics numerics() const { return std::get<1>(GetParam()); }
};

// The rule of bits: what a partial pass stores is what a full pass stores.
TEST_P(ExitDrafterTest, DraftsGoOnFromEachOtherAsFromAFullPass) {
  const ExitHead head = Train(name(), numerics(), 1, 0);
  Drafting partial(name(), numerics(), head), full(name(), numerics(), head);
  const auto prompt = RandomText(40, partial.model->config.vocab, 5);
  const int at = static_cast<int>(prompt.size());
  partial.Run(prompt, 0, 0);
  full.Run(prompt, 0, 0);
  int32_t token = 9;
  for (int k = 0; k < 6; ++k) {
    const Draft draft = partial.DraftAfter({{0, {token, at + k}}})[0];
    full.Run({token}, at + k, 0);
    const Draft again = full.DraftAfter({{0, {token, at + k}}})[0];
    EXPECT_TRUE(Same(draft, again)) << k;
    token = draft.token;
  }
}

// Logits after drafts, right or wrong, are those without any.
TEST_P(ExitDrafterTest, ChangesNoLogits) {
  const ExitHead head = Train(name(), numerics(), 1, 20);
  Drafting with(name(), numerics(), head), without(name(), numerics(), head);
  const auto prompt = RandomText(31, with.model->config.vocab, 5);
  const int at = static_cast<int>(prompt.size());
  with.Run(prompt, 0, 0);
  without.Run(prompt, 0, 0);
  std::vector<int32_t> rows = {9};
  for (int k = 0; k < 3; ++k) {
    rows.push_back(with.DraftAfter({{0, {rows.back(), at + k}}})[0].token);
  }
  EXPECT_EQ(with.Run(rows, at, 0), without.Run(rows, at, 0));
  // The last draft is refused: another token in its place.
  EXPECT_EQ(with.Run({3}, at + 3, 0), without.Run({3}, at + 3, 0));
}

TEST_P(ExitDrafterTest, ARowsDraftDoesNotDependOnItsCompany) {
  const ExitHead head = Train(name(), numerics(), 1, 0);
  Drafting drafting(name(), numerics(), head);
  drafting.Run(RandomText(20, drafting.model->config.vocab, 5), 0, 0);
  drafting.Run(RandomText(33, drafting.model->config.vocab, 6), 0, 1);
  const std::pair<int, DraftRow> first{0, {4, 20}}, second{1, {8, 33}};
  const auto both = drafting.DraftAfter({first, second});
  EXPECT_TRUE(Same(both[0], drafting.DraftAfter({first})[0]));
  EXPECT_TRUE(Same(both[1], drafting.DraftAfter({second})[0]));
}

TEST_P(ExitDrafterTest, AShortListGivesTheBestOfItsTokens) {
  ExitHead head = Train(name(), numerics(), 1, 0);
  Drafting all(name(), numerics(), head);
  const int vocab = all.model->config.vocab;
  for (int id = 0; id < vocab; id += 2) head.vocabulary.push_back(id);
  Drafting even(name(), numerics(), head);
  head.vocabulary = {vocab - 1};
  Drafting one(name(), numerics(), head);
  int kept = 0;
  for (int32_t token = 0; token < 40; ++token) {
    const Draft best = all.DraftAfter({{0, {token, 0}}})[0];
    const Draft listed = even.DraftAfter({{0, {token, 0}}})[0];
    EXPECT_EQ(listed.token % 2, 0);
    EXPECT_GE(listed.margin, 0);
    if (best.token % 2 == 0) {
      ++kept;
      EXPECT_EQ(listed.token, best.token);
      EXPECT_GE(listed.margin, best.margin);
    }
    EXPECT_EQ(one.DraftAfter({{0, {token, 0}}})[0].token, vocab - 1);
  }
  EXPECT_GT(kept, 0);
  EXPECT_LT(even.drafter.cost(), all.drafter.cost());
}

// A row's map moves its own draft.
TEST_P(ExitDrafterTest, WhatATenantLearnedIsForItsRowsAlone) {
  const ExitHead head = Train(name(), numerics(), 1, 0);
  Drafting drafting(name(), numerics(), head);
  const auto trained = std::make_shared<const LinearMap>(head.map);
  LearnedMap learned{.updates = 1};
  learned.moved.resize(head.map.weights.size());
  for (int i = 0; i < head.map.outputs; ++i) {
    learned.bias.push_back(i % 3 == 0 ? 50.0f : -50.0f);
  }
  const ElasticMap moved(trained, {}, learned), fresh(trained, {});
  int same = 0;
  for (int32_t token = 0; token < 20; ++token) {
    DraftRow rows[] = {{token, 0, drafting.tables[0]},
                       {token, 0, drafting.tables[1]}};
    std::vector<Draft> without(2), with(2);
    drafting.drafter.Draft(rows, without);
    drafting.drafter.Draft(rows, with,
                           std::vector<const ElasticMap*>{nullptr, &moved});
    EXPECT_TRUE(Same(with[0], without[0]));
    same += Same(with[1], without[1]);
    drafting.drafter.Draft(rows, with,
                           std::vector<const ElasticMap*>{&fresh, nullptr});
    EXPECT_TRUE(Same(with[0], without[0]));
    EXPECT_TRUE(Same(with[1], without[1]));
  }
  EXPECT_EQ(same, 0);
}

// What learning sees of a full pass is what a head was trained on.
TEST_P(ExitDrafterTest, ATapCopiesWhatAPieceOfAPassHasAndChangesNothing) {
  const ExitHead head = Train(name(), numerics(), 1, 0);
  Drafting drafting(name(), numerics(), head);
  LoadedModel& model = *drafting.model;
  Backend& backend = *model.backend;
  const size_t hidden = model.config.hidden;
  const BufferId normed = backend.AddBuffer(model.config.hidden);
  const auto tokens = RandomText(9, model.config.vocab, 5);
  ForwardBatch batch{.tokens = tokens};
  batch.sequences.push_back({.num_rows = 9, .block_table = drafting.tables[0]});
  for (int row : {3, 6, 8}) batch.logits_rows.push_back({row});
  const auto run = [&] {
    std::vector<float> all;
    model.runner->Run(batch, [&](int, const RowLogits& logits) {
      all.insert(all.end(), logits.all.begin(), logits.all.end());
    });
    return all;
  };
  const std::vector<float> without = run();
  for (int layer = 1; layer <= model.config.num_layers; ++layer) {
    HiddenTap tap{.row = 6, .layer = layer};
    batch.tap = &tap;
    EXPECT_EQ(run(), without);
    std::vector<float> want(hidden);
    model.decoder->Begin(batch);
    model.decoder->RunLayers(0, layer);
    backend.ReadRows(model.decoder->residual(), 6, want);
    EXPECT_EQ(tap.residual, want) << layer;
    model.decoder->RunLayers(layer, model.config.num_layers);
    backend.RmsNorm(model.decoder->residual(),
                    model.decoder->weights().final_norm,
                    model.config.norm_epsilon, /*accumulate=*/false, normed);
    backend.ReadRows(normed, 6, want);
    backend.EndStep();
    EXPECT_EQ(tap.output, want) << layer;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Tiny, ExitDrafterTest,
    testing::Combine(testing::Values("llama-quantised", "gemma3"),
                     testing::Values(Numerics::kF32, Numerics::kBf16,
                                     Numerics::kInt8)),
    [](const auto& info) {
      std::string name = std::get<0>(info.param);
      std::erase(name, '-');
      return name + std::string(NumericsName(std::get<1>(info.param)));
    });

TEST(ExitDrafterLoadTest, RefusesAnotherModelsHead) {
  const ExitHead head = Train("llama3", Numerics::kF32, 1, 0);
  const auto other = OpenTiny("qwen3", Numerics::kF32);
  const absl::Status status = ExitDrafter::Load(head, *other).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(head.fingerprint));
  EXPECT_THAT(std::string(status.message()), HasSubstr(other->fingerprint));
  FakeRunnerLog log;
  EXPECT_THAT(
      std::string(
          ExitDrafter::Load(head, *MakeFakeModel(log)).status().message()),
      HasSubstr("no decoder"));
}

}  // namespace
}  // namespace mj
