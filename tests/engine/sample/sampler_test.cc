#include "engine/sample/sampler.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "engine/sample/exp.h"
#include "engine/sample/logprobs.h"
#include "engine/sample/peak.h"
#include "gtest/gtest.h"

namespace mj {
namespace {

std::vector<float> RandomLogits(int vocab, float spread, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> logits(vocab);
  for (float& x : logits) x = normal(random);
  return logits;
}

// The distribution as its definition says, by sorting everything, in double.
std::map<TokenId, double> Reference(const std::vector<float>& logits,
                                    const SamplingParams& p) {
  std::vector<TokenId> order(logits.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](TokenId a, TokenId b) { return logits[a] > logits[b]; });
  if (p.top_k > 0 && p.top_k < static_cast<int>(order.size())) {
    order.resize(p.top_k);
  }
  const auto weight = [&](TokenId id) {
    return std::exp((double{logits[id]} - logits[order[0]]) / p.temperature);
  };
  double total = 0;
  for (TokenId id : order) total += weight(id);
  double mass = 0;
  size_t kept = 0;
  while (kept < order.size() && (kept == 0 || mass < p.top_p * total)) {
    mass += weight(order[kept++]);
  }
  if (p.top_p < 1) order.resize(kept);
  std::erase_if(order, [&](TokenId id) { return weight(id) < p.min_p; });
  total = 0;
  for (TokenId id : order) total += weight(id);
  std::map<TokenId, double> result;
  for (TokenId id : order) result[id] = weight(id) / total;
  return result;
}

struct FilterCase {
  const char* name;
  float temperature, top_p, min_p;
  int top_k;
};

constexpr FilterCase kFilterCases[] = {
    {"plain", 1, 1, 0, 0},          {"hot", 3, 1, 0, 0},
    {"cold", 0.3f, 1, 0, 0},        {"top-k", 1, 1, 0, 5},
    {"top-k of all", 1, 1, 0, 999}, {"top-p", 1, 0.7f, 0, 0},
    {"tiny top-p", 1, 0.01f, 0, 0}, {"min-p", 1, 1, 0.2f, 0},
    {"all", 0.8f, 0.9f, 0.05f, 8},
};

SamplingParams ParamsOf(const FilterCase& c) {
  SamplingParams params;
  params.temperature = c.temperature;
  params.top_p = c.top_p;
  params.min_p = c.min_p;
  params.top_k = c.top_k;
  return params;
}

// Pearson's chi-square over the tokens expected at least 5 times; the limit is
// 5 standard deviations over its mean.
TEST(SamplerTest, DrawsFollowTheDefinition) {
  Sampler sampler;
  for (const auto& [vocab, draws] : {std::pair{37, 20000}, {2500, 4000}}) {
    for (const FilterCase& c : kFilterCases) {
      SCOPED_TRACE(testing::Message() << c.name << " of " << vocab);
      const std::vector<float> logits = RandomLogits(vocab, 2, 5);
      const SamplingParams params = ParamsOf(c);
      const std::map<TokenId, double> want = Reference(logits, params);
      std::map<TokenId, int> counts;
      for (int i = 0; i < draws; ++i) {
        ++counts[*sampler.Sample(logits, params, {}, {7, 0, i})];
      }
      double chi_square = 0;
      int cells = 0;
      for (const auto& [id, p] : want) {
        if (p * draws < 5) continue;
        const double off = counts[id] - p * draws;
        chi_square += off * off / (p * draws);
        ++cells;
      }
      EXPECT_LT(chi_square, cells + 5 * std::sqrt(2.0 * cells));
      for (const auto& [id, count] : counts) EXPECT_TRUE(want.contains(id));
    }
  }
}

// Shapes a distribution can have: flat, peaked, with ties, with holes.
TEST(DistributionTest, KeepsWhatTheDefinitionKeeps) {
  for (int vocab : {1, 2, 255, 256, 257, 5000}) {
    for (float spread : {0.0f, 0.01f, 1.0f, 20.0f}) {
      for (const FilterCase& c : kFilterCases) {
        SCOPED_TRACE(testing::Message()
                     << c.name << " " << vocab << " " << spread);
        std::vector<float> logits = RandomLogits(vocab, spread, vocab);
        for (int i = 2; i < vocab; i += 7) logits[i] = logits[i - 1];
        for (int i = 3; i < vocab; i += 11) logits[i] = -INFINITY;
        const SamplingParams params = ParamsOf(c);
        Distribution distribution;
        distribution.Load(logits, FindPeak(logits)->logit, c.temperature);
        if (c.top_k > 0) distribution.KeepTopK(c.top_k);
        if (c.top_p < 1) distribution.KeepTopP(c.top_p);
        if (c.min_p > 0) distribution.KeepMinP(c.min_p);
        const std::map<TokenId, double> want = Reference(logits, params);
        // Float weights may move a cut by one part in a million.
        EXPECT_NEAR(distribution.num_kept(), static_cast<double>(want.size()),
                    c.top_p < 1 ? 1 + vocab * 1e-3 : 0);
        EXPECT_EQ(distribution.Draw(0), FindPeak(logits)->id);
        for (double u : {0.0, 0.25, 0.999, 1 - 0x1p-53}) {
          EXPECT_GT(logits[distribution.Draw(u)], -INFINITY);
        }
      }
    }
  }
}

TEST(SamplerTest, GreedyTakesTheLowestOfEquals) {
  Sampler sampler;
  SamplingParams greedy;
  greedy.temperature = 0;
  for (int vocab : {1, 15, 16, 17, 300}) {
    std::vector<float> logits(vocab, 1.5f);
    EXPECT_EQ(*sampler.Sample(logits, greedy, {}, {}), 0);
    logits[vocab - 1] = 2;
    EXPECT_EQ(*sampler.Sample(logits, greedy, {}, {}), vocab - 1);
  }
}

struct DecisiveCase {
  const char* name;
  float temperature, top_p;
  int top_k, want;
};

TEST(SamplerTest, NumDecisiveFollowsFromTheRequestAlone) {
  constexpr DecisiveCase kCases[] = {
      {"greedy", 0, 1, 0, 1},           {"greedy beats top-k", 0, 1, 40, 1},
      {"top-k 1", 1, 1, 1, 1},          {"top-p 0", 1, 0, 0, 1},
      {"top-k", 0.7f, 1, 40, 40},       {"top-k and top-p", 1, 0.9f, 64, 64},
      {"long top-k", 1, 1, 65, 0},      {"temperature alone", 1, 1, 0, 0},
      {"all by top-k -1", 1, 1, -1, 0}, {"top-p alone", 1, 0.9f, 0, 0},
  };
  for (const DecisiveCase& c : kCases) {
    SamplingParams params;
    params.temperature = c.temperature;
    params.top_p = c.top_p;
    params.top_k = c.top_k;
    EXPECT_EQ(NumDecisive(params), c.want) << c.name;
  }
}

// What `params` draw from the whole row, without any list of largest logits.
TokenId DrawFromWholeRow(const std::vector<float>& logits,
                         const SamplingParams& params, const DrawKey& key) {
  Distribution distribution;
  distribution.Load(logits, FindPeak(logits)->logit, params.temperature);
  distribution.KeepTopK(params.top_k);
  if (params.top_p < 1) distribution.KeepTopP(params.top_p);
  if (params.min_p > 0) distribution.KeepMinP(params.min_p);
  return distribution.Draw(Uniform(key));
}

TEST(SamplerTest, TheDecisiveLogitsAloneGiveTheSameTokens) {
  Sampler sampler;
  for (uint32_t row = 0; row < 300; ++row) {
    const int vocab = 1 + static_cast<int>(row * row % 3001);
    std::vector<float> logits = RandomLogits(vocab, 0.2f * (row % 20), row);
    if (row % 3 == 0) {  // many equals
      for (float& x : logits) x = std::round(x * 4) / 4;
    }
    SamplingParams params;
    params.temperature = 0.3f + 0.1f * (row % 15);
    params.top_k = 2 + static_cast<int>(row % 63);
    params.top_p = row % 4 == 0 ? 0.8f : 1;
    params.min_p = row % 5 == 0 ? 0.1f : 0;
    const std::vector<TokenLogit> top = TopOf(logits, params.top_k);
    for (int position = 0; position < 20; ++position) {
      const DrawKey key{row, 0, position};
      const TokenId want = DrawFromWholeRow(logits, params, key);
      EXPECT_EQ(*sampler.SampleTop(top, params, key), want) << row;
      EXPECT_EQ(*sampler.Sample(logits, params, {}, key), want) << row;
    }
  }
}

TEST(SamplerTest, TheDecisiveLogitsShowWhatIsNoDistribution) {
  Sampler sampler;
  SamplingParams greedy, top_k;
  greedy.temperature = 0;
  top_k.top_k = 8;
  for (float bad : {NAN, INFINITY}) {
    std::vector<float> logits = RandomLogits(300, 3, 1);
    logits[277] = bad;
    const std::string want =
        std::string(sampler.Sample(logits, {}, {}, {}).status().message());
    EXPECT_EQ(sampler.SampleTop(TopOf(logits, 1), greedy, {}).status(),
              absl::InternalError(want));
    EXPECT_EQ(sampler.SampleTop(TopOf(logits, 8), top_k, {}).status(),
              absl::InternalError(want));
  }
  const std::vector<float> none(50, -INFINITY);
  EXPECT_FALSE(sampler.SampleTop(TopOf(none, 1), greedy, {}).ok());
}

TEST(SamplerTest, RefusesRowsThatAreNoDistribution) {
  Sampler sampler;
  for (int at : {0, 5, 16, 99}) {
    for (float bad : {NAN, INFINITY}) {
      std::vector<float> logits(100, 0.5f);
      logits[at] = bad;
      EXPECT_EQ(sampler.Sample(logits, {}, {}, {}).status().code(),
                absl::StatusCode::kInternal);
    }
  }
  const std::vector<float> none(50, -INFINITY);
  EXPECT_FALSE(sampler.Sample(none, {}, {}, {}).ok());
}

TEST(PenaltiesTest, ByHand) {
  const std::vector<float> logits = {2, -2, 2, -2, 2, 0};
  const std::vector<TokenId> prompt = {0, 1, 0}, generated = {2, 3, 2, 2};
  SamplingParams params;
  LogitAdjuster adjuster;
  const TokenHistory history{prompt, generated};
  EXPECT_EQ(adjuster.Adjust(logits, params, history).data(), logits.data());
  params.repetition_penalty = 2;
  params.frequency_penalty = 0.5;
  params.presence_penalty = 0.25;
  params.logit_bias = {{4, -100}, {5, 3}};
  for (int again = 0; again < 2; ++again) {  // nothing stays behind
    const std::span<const float> got = adjuster.Adjust(logits, params, history);
    // 2 / 2 - 3 * 0.5 - 0.25 and -2 * 2 - 0.5 - 0.25 for the generated ones.
    EXPECT_EQ(std::vector<float>(got.begin(), got.end()),
              (std::vector<float>{1, -4, -0.75, -4.75, -98, 3}));
  }
}

TEST(PenaltiesTest, KnowsWhetherAnythingApplies) {
  EXPECT_FALSE(ChangesLogits({}));
  EXPECT_TRUE(ChangesLogits({.repetition_penalty = 1.1f}));
  EXPECT_TRUE(ChangesLogits({.presence_penalty = 0.1f}));
  EXPECT_TRUE(ChangesLogits({.frequency_penalty = -0.1f}));
  EXPECT_TRUE(ChangesLogits({.logit_bias = {{3, 1.0f}}}));
}

TEST(SamplerTest, SeedChoiceAndPositionDecide) {
  Sampler sampler, other;
  const std::vector<float> logits = RandomLogits(1000, 1, 3);
  const std::vector<float> noise = RandomLogits(1000, 3, 4);
  std::vector<std::map<TokenId, int>> seen(3);
  for (int i = 0; i < 50; ++i) {
    const DrawKey key{11, 2, i};
    const TokenId id = *sampler.Sample(logits, {}, {}, key);
    *other.Sample(noise, {}, {}, {uint64_t(i), 0, 0});  // company
    EXPECT_EQ(*other.Sample(logits, {}, {}, key), id);
    ++seen[0][id];
    ++seen[1][*sampler.Sample(logits, {}, {}, {uint64_t(i), 2, 0})];
    ++seen[2][*sampler.Sample(logits, {}, {}, {11, i, 0})];
  }
  for (const auto& tokens : seen) EXPECT_GT(tokens.size(), 25u);
}

// The published known answers of Philox4x32-10 (Random123's kat_vectors).
TEST(RandomTest, PhiloxKnownAnswers) {
  EXPECT_EQ(Philox({0, 0, 0, 0}, {0, 0}),
            (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c,
                                     0x9b00dbd8}));
  EXPECT_EQ(Philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                   {0xffffffff, 0xffffffff}),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6,
                                     0x6d5451fd}));
}

TEST(ExpTest, AgreesWithLibm) {
  EXPECT_EQ(ExpNonPositive(0), 1);
  EXPECT_EQ(ExpNonPositive(-INFINITY), 0);
  EXPECT_EQ(ExpNonPositive(-88), 0);
  for (float x = 0; x > -87; x -= 0.0137f) {
    const double want = std::exp(double{x});
    ASSERT_NEAR(ExpNonPositive(x), want, 2e-7 * want) << x;
  }
}

TEST(LogprobsTest, AgreeWithDouble) {
  for (int vocab : {1, 16, 1023, 1024, 1025, 49152}) {
    for (float spread : {0.1f, 3.0f, 30.0f}) {
      const std::vector<float> logits = RandomLogits(vocab, spread, vocab);
      double sum = 0;
      const float max = *std::max_element(logits.begin(), logits.end());
      for (float x : logits) sum += std::exp(double{x} - max);
      const absl::StatusOr<PositionLogprobs> got =
          LogprobsOf(logits, vocab / 2, 20);
      ASSERT_TRUE(got.ok());
      EXPECT_NEAR(got->token.logprob, logits[vocab / 2] - max - std::log(sum),
                  1e-5);
      ASSERT_EQ(got->top.size(), std::min<size_t>(20, vocab));
      EXPECT_EQ(got->top[0].id, FindPeak(logits)->id);
    }
  }
}

TEST(LogprobsTest, TopIsOrderedByLogitThenId) {
  const std::vector<float> logits = {1, 3, 3, 2, 3, 1};
  for (int count : {0, 1, 4, 9}) {
    const std::vector<TokenId> order = {1, 2, 4, 3, 0, 5};
    const auto got = LogprobsOf(logits, 0, count);
    ASSERT_TRUE(got.ok());
    ASSERT_EQ(got->top.size(), std::min<size_t>(count, order.size()));
    for (size_t i = 0; i < got->top.size(); ++i) {
      EXPECT_EQ(got->top[i].id, order[i]);
    }
  }
}

}  // namespace
}  // namespace mj
