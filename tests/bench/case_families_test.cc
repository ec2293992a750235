// Every family of cases: what it counts, and that its cases can be run.
#include <gtest/gtest.h>

#include <string>

#include "bench/attention_cases.h"
#include "bench/head_cases.h"
#include "bench/linear_cases.h"
#include "bench/onednn_cases.h"
#include "bench/row_cases.h"

namespace mj {
namespace {

KernelTable HostKernels() {
  KernelTable kernels = *ChooseKernels(ReadCpuFeatures(), std::nullopt);
  kernels.read = [](const void*, int64_t) { return uint64_t{0}; };
  return kernels;
}

class CaseFamiliesTest : public testing::Test {
 protected:
  std::vector<KernelCase> Select(const std::vector<KernelCase>& cases,
                                 const CaseFilter& filter) {
    const auto selected = SelectCases(cases, filter);
    EXPECT_TRUE(selected.ok()) << selected.status();
    return selected.ok() ? *selected : std::vector<KernelCase>();
  }
  PreparedCase Run(const KernelCase& c) {
    const absl::StatusOr<PreparedCase> prepared = c.prepare();
    EXPECT_TRUE(prepared.ok()) << c.op << ": " << prepared.status();
    if (!prepared.ok()) return {};
    prepared->run();
    return *prepared;
  }

  const KernelTable kernels_ = HostKernels();
  const ReadLimit limit_ = *ReadLimit::Create(kernels_);
  WorkerPool pool_{2};
  const KernelBench bench_{kernels_, limit_, pool_};
};

TEST_F(CaseFamiliesTest, LinearRowsAreBitEqual) {
  const std::vector<KernelCase> cases = LinearCases(bench_, 32);
  const auto one = Select(
      cases, {.op = "linear", .type = "Q4_1", .numerics = "f32", .rows = 1});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].source, ByteSource::kMemory);
  EXPECT_EQ(one[0].bytes, one[0].outputs * 20);  // a group of 32
  EXPECT_EQ(one[0].operations, 2.0 * 32 * one[0].outputs);
  for (const KernelCase& c : Select(cases, {.rows = 8})) {
    EXPECT_EQ(Run(c).rows_bit_equal, true) << c.type << " " << c.numerics;
  }
  // Blocks of 256 do not divide 32; a float has no int8 of its own.
  EXPECT_FALSE(SelectCases(cases, {.type = "Q4_K"}).ok());
  EXPECT_FALSE(SelectCases(cases, {.type = "F16", .numerics = "int8"}).ok());
  EXPECT_FALSE(Select(LinearCases(bench_, 256), {.type = "Q4_K"}).empty());
}

TEST_F(CaseFamiliesTest, OneDnnHasTheSameShapes) {
  const std::vector<KernelCase> ours =
      Select(LinearCases(bench_, 32), {.type = "F32"});
  const std::vector<KernelCase> cases =
      Select(OneDnnCases(bench_, 32), {.type = "F32"});
  ASSERT_EQ(cases.size(), ours.size());
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(cases[i].implementation, "onednn");
    EXPECT_EQ(cases[i].rows, ours[i].rows);
    EXPECT_EQ(cases[i].operations, ours[i].operations);
    EXPECT_EQ(cases[i].bytes, ours[i].bytes);
  }
  EXPECT_TRUE(Run(cases[1]).rows_bit_equal.has_value());
}

TEST_F(CaseFamiliesTest, AttentionCountsPositionsAndBytes) {
  const std::vector<KernelCase> cases = AttentionCases(bench_);
  for (const KernelCase& c :
       Select(cases, {.op = "attention_prefill", .type = "int8"})) {
    // Heads' width times the positions that 512 rows attend to.
    const double attended =
        c.inputs == 512 ? 512 * 513 / 2 : 512 * (1537 + 2048) / 2;
    EXPECT_EQ(c.operations, 4 * c.outputs * attended) << c.shape;
    Run(c);
  }
  const auto decode = Select(
      cases,
      {.op = "attention_decode", .type = "f16", .numerics = "f32", .rows = 8});
  ASSERT_EQ(decode.size(), std::size(kBenchModels));
  for (const KernelCase& c : decode) {
    EXPECT_GE(c.bytes, 64 << 20) << c.shape;  // from memory
    Run(c);
  }
  // SmolLM2: 9 heads share 3 of 64 dimensions, K and V of 2 bytes each.
  EXPECT_DOUBLE_EQ(decode[0].operations / decode[0].bytes,
                   4 * 9 * 64 / (2 * 3 * 64 * 2.0));
}

TEST_F(CaseFamiliesTest, RowOpsRun) {
  const std::vector<KernelCase> cases = RowCases(bench_);
  for (const KernelCase& c : cases) Run(c);
  const auto norm = Select(cases, {.op = "rms_norm", .rows = 512});
  ASSERT_EQ(norm.size(), std::size(kBenchModels));
  EXPECT_EQ(norm[0].operations, 4.0 * 512 * 576);
  EXPECT_EQ(norm[0].bytes, 2 * 4 * 512 * 576);
}

TEST_F(CaseFamiliesTest, HeadReadsItsWeightsOnce) {
  const auto cases = Select(HeadCases(bench_), {.numerics = "f32", .rows = 8});
  ASSERT_EQ(cases.size(), std::size(kBenchModels));
  EXPECT_EQ(cases[0].bytes, 49152 * 576 / 32 * 34);
  Run(cases[0]);
}

}  // namespace
}  // namespace mj
