// The head's verb: whatever is wanted of a row, in whatever company and by
// however many threads, it is what sorting the whole row gives.
#include "hw_backends/cpu/logits_phase.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hw_backends/cpu/cpu_backend.h"
#include "hw_backends/onednn/onednn_backend.h"
#include "kernels/cpu_features.h"
#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

constexpr int kHidden = 96, kTokens = 40, kMaxRows = 150;

struct HeadCase {
  std::string name;
  std::optional<Isa> isa;  // none: oneDNN
  Numerics numerics = Numerics::kF32;
};

// Those whose bits are fixed.
std::vector<HeadCase> OwnHeads() {
  std::vector<HeadCase> cases;
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
    if (!Supports(ReadCpuFeatures(), isa)) continue;
    for (Numerics numerics :
         {Numerics::kF32, Numerics::kBf16, Numerics::kInt8}) {
      cases.push_back({absl::StrCat(std::string(IsaName(isa)), "_",
                                    std::string(NumericsName(numerics))),
                       isa, numerics});
    }
  }
  return cases;
}

std::vector<HeadCase> AllHeads() {
  std::vector<HeadCase> cases = OwnHeads();
  cases.push_back({"onednn", std::nullopt});
  return cases;
}

// A head of two parts, none of whose sizes is a multiple of anything; rows of
// x are embeddings.
class Head {
 public:
  Head(const HeadCase& c, int threads, float scale = 1) : scale_(scale) {
    const CpuBackendOptions options{.threads = threads,
                                    .isa = c.isa,
                                    .numerics = c.numerics,
                                    .max_rows = kMaxRows};
    backend_ = *(c.isa ? MakeCpuBackend(options) : MakeOneDnnBackend(options));
    const RandomMatrix table =
        MakeRandomMatrix(TensorType::kF32, kTokens, kHidden, 1);
    const RandomMatrix first =
        MakeRandomMatrix(TensorType::kQ8_0, 701, kHidden, 2);
    RandomMatrix second = MakeRandomMatrix(TensorType::kF16, 339, kHidden, 3);
    // Equals: tokens 701 + 20 and on repeat 701 and on.
    const size_t row_bytes = RowBytes(TensorType::kF16, kHidden);
    std::copy_n(second.bytes.begin(), 19 * row_bytes,
                second.bytes.begin() + 20 * row_bytes);
    const RandomMatrix norm = MakeRandomMatrix(TensorType::kF32, 1, kHidden, 4);
    const TensorView parts[] = {first.view(), second.view()};
    const TensorView tables[] = {table.view()};
    table_ = *backend_->LoadMatrix(tables, {});
    head_ = {.matrix = *backend_->LoadMatrix(parts, {}),
             .norm = InputNorm{*backend_->LoadVector(norm.view()), 1e-6f}};
    x_ = backend_->AddBuffer(kHidden);
    EXPECT_TRUE(backend_->AllocateKv({1, 1, 32}, 1).ok());
  }

  struct Result {
    std::vector<std::vector<float>> all;
    std::vector<std::vector<TokenLogit>> top;
  };
  // Of a step of kMaxRows rows.
  Result Run(const std::vector<LogitsRow>& rows) {
    std::vector<int32_t> tokens(kMaxRows);
    for (int r = 0; r < kMaxRows; ++r) tokens[r] = r * 7 % kTokens;
    size_t num_all = 0, num_top = 0;
    for (const LogitsRow& row : rows) {
      if (row.top == 0) num_all += kVocab;
      num_top += row.top;
    }
    std::vector<float> all(num_all);
    std::vector<TokenLogit> top(num_top);
    backend_->BeginStep({.tokens = tokens, .sequences = {}});
    backend_->Embed(table_, scale_, x_);
    backend_->Logits(head_, x_, rows, all, top);
    backend_->EndStep();
    return Split(rows, all, top);
  }

  static constexpr int kVocab = 701 + 339;

 private:
  static Result Split(const std::vector<LogitsRow>& rows,
                      std::span<const float> all,
                      std::span<const TokenLogit> top) {
    Result result;
    for (const LogitsRow& row : rows) {
      const int floats = row.top == 0 ? kVocab : 0;
      result.all.emplace_back(all.begin(), all.begin() + floats);
      result.top.emplace_back(top.begin(), top.begin() + row.top);
      all = all.subspan(floats);
      top = top.subspan(row.top);
    }
    return result;
  }

  const float scale_;
  std::unique_ptr<Backend> backend_;
  WeightId table_;
  HeadSpec head_;
  BufferId x_;
};

bool SameBits(const std::vector<TokenLogit>& a,
              const std::vector<TokenLogit>& b) {
  return a.size() == b.size() &&
         (a.empty() ||
          std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0);
}

std::vector<TokenLogit> SortedPrefix(const std::vector<float>& row, int count) {
  std::vector<TokenLogit> order;
  for (size_t i = 0; i < row.size(); ++i) {
    order.push_back({row[i], static_cast<int32_t>(i)});
  }
  std::sort(order.begin(), order.end(), ComesBefore);
  order.resize(count);
  return order;
}

std::vector<LogitsRow> Rows(const std::function<int(int)>& top, int count) {
  std::vector<LogitsRow> rows;
  for (int i = 0; i < count; ++i) {
    rows.push_back({i * kMaxRows / count, top(i)});
  }
  return rows;
}

std::string HeadName(const testing::TestParamInfo<HeadCase>& info) {
  return info.param.name;
}

class LogitsPhaseTest : public testing::TestWithParam<HeadCase> {};
INSTANTIATE_TEST_SUITE_P(Heads, LogitsPhaseTest, testing::ValuesIn(AllHeads()),
                         HeadName);
class LogitsBitsTest : public testing::TestWithParam<HeadCase> {};
INSTANTIATE_TEST_SUITE_P(Heads, LogitsBitsTest, testing::ValuesIn(OwnHeads()),
                         HeadName);

TEST_P(LogitsBitsTest, TopIsThePrefixOfTheSortedRow) {
  const auto mixed = [](int i) { return std::array{1, 0, 64, 5}[i % 4]; };
  for (int count : {1, 3, 64, 65, 150}) {
    const std::vector<LogitsRow> whole = Rows([](int) { return 0; }, count);
    const Head::Result want = Head(GetParam(), 1).Run(whole);
    for (int threads : {1, 2, 3}) {
      SCOPED_TRACE(testing::Message() << count << " rows, " << threads);
      const Head::Result got =
          Head(GetParam(), threads).Run(Rows(mixed, count));
      for (int i = 0; i < count; ++i) {
        if (mixed(i) == 0) {
          EXPECT_EQ(got.all[i], want.all[i]) << i;
        } else {
          EXPECT_TRUE(SameBits(got.top[i], SortedPrefix(want.all[i], mixed(i))))
              << i;
        }
      }
    }
  }
}

TEST_P(LogitsPhaseTest, TheLargestIsThatOfTheWholeRow) {
  const Head::Result want =
      Head(GetParam(), 2).Run(Rows([](int) { return 0; }, 40));
  const Head::Result got =
      Head(GetParam(), 2).Run(Rows([](int i) { return i % 2; }, 40));
  for (int i = 1; i < 40; i += 2) {
    const TokenLogit largest = SortedPrefix(want.all[i], 1)[0];
    EXPECT_NEAR(got.top[i][0].logit, largest.logit, 1e-4f);
    for (float logit : got.all[i - 1]) EXPECT_TRUE(std::isfinite(logit));
  }
}

// Rows of the step that nobody wants, and company, change no bit.
TEST_P(LogitsBitsTest, ARowDependsOnNoOther) {
  Head head(GetParam(), 2);
  const Head::Result together = head.Run(Rows([](int i) { return i % 9; }, 90));
  const std::vector<LogitsRow> rows = Rows([](int i) { return i % 9; }, 90);
  for (int i : {0, 1, 8, 45, 89}) {
    const Head::Result alone = head.Run({rows[i]});
    EXPECT_EQ(alone.all[0], together.all[i]) << i;
    EXPECT_TRUE(SameBits(alone.top[0], together.top[i])) << i;
  }
}

TEST_P(LogitsPhaseTest, WhatIsNoNumberComesFirst) {
  Head head(GetParam(), 2, NAN);
  const Head::Result whole = head.Run({{3, 0}, {4, 0}});
  const Head::Result top = head.Run({{3, 1}, {4, 20}});
  ASSERT_TRUE(std::any_of(whole.all[0].begin(), whole.all[0].end(),
                          [](float x) { return std::isnan(x); }));
  for (int i : {0, 1}) {
    const std::vector<TokenLogit>& got = top.top[i];
    const auto want = SortedPrefix(whole.all[i], static_cast<int>(got.size()));
    for (size_t k = 0; k < got.size(); ++k) EXPECT_EQ(got[k].id, want[k].id);
    EXPECT_TRUE(std::isnan(got[0].logit));
  }
}

TEST(LogitsPhaseEdgeTest, NothingWantedIsNothingDone) {
  EXPECT_TRUE(Head(OwnHeads()[0], 2).Run({}).all.empty());
}

}  // namespace
}  // namespace mj
