#include "hw_backends/cim/cim_backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hw_backends/cim/bit_serial_matrices.h"
#include "hw_backends/simulated_backend.h"
#include "kernels/cpu_features.h"
#include "tests/hw_backends/tiny_model.h"

namespace mj {
namespace {

DeviceDescriptor Device(const std::string& name) {
  return *FindSimulated("cim:" + name, "");
}

struct Setting {
  Isa isa;
  KvType kv_type;
  CpuBackendOptions Options(int threads) const {
    return {.threads = threads,
            .isa = isa,
            .numerics = Numerics::kInt8,
            .kv_type = kv_type,
            .max_rows = TinyModel::kMaxRows};
  }
  TinyModel Digital(int threads) const {
    return TinyModel(*MakeDigitalCimBackend(Device("colonnade-65nm"),
                                            /*tables=*/false,
                                            Options(threads)));
  }
};

std::vector<Setting> Settings() {
  std::vector<Setting> settings;
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
    if (!Supports(ReadCpuFeatures(), isa)) continue;
    for (KvType type : {KvType::kF32, KvType::kBF16, KvType::kInt8}) {
      settings.push_back({isa, type});
    }
  }
  return settings;
}

class DigitalTest : public testing::TestWithParam<Setting> {};
INSTANTIATE_TEST_SUITE_P(Settings, DigitalTest, testing::ValuesIn(Settings()),
                         [](const auto& info) {
                           return absl::StrCat(
                               std::string(IsaName(info.param.isa)), "_kv_",
                               std::string(KvTypeName(info.param.kv_type)));
                         });

// Both the equality with the CPU and the rule of bits.
TEST_P(DigitalTest, LogitsAreTheCpusForAnyChunksAndThreads) {
  const std::vector<int32_t> tokens = Tokens(150);
  TinyModel cpu(*MakeCpuBackend(GetParam().Options(1)));
  const std::vector<float> want = cpu.Run(tokens, 150, 0);
  for (int threads : {1, 3}) {
    TinyModel model = GetParam().Digital(threads);
    EXPECT_TRUE(model.backend().info().batch_invariant);
    for (int chunk : {1, 37, 150}) {
      EXPECT_EQ(model.Run(tokens, chunk, 8), want)
          << threads << " threads, chunks of " << chunk;
    }
  }
}

TEST_P(DigitalTest, ActivityDoesNotDependOnChunksOrThreads) {
  const std::vector<int32_t> tokens = Tokens(60);
  const auto activity_of = [&](int threads, int chunk) {
    TinyModel model = GetParam().Digital(threads);
    const std::vector<int32_t> table = {0, 1};
    BitActivity activity;
    for (int at = 0; at < 60; at += chunk) {
      const StepSequence sequence{0, chunk, at, table};
      model.Step({tokens.data() + at, size_t(chunk)}, {&sequence, 1});
      EXPECT_EQ(model.report().bit_activity.size(), 1);
      activity += model.report().bit_activity.at(0);
    }
    return activity;
  };
  const BitActivity want = activity_of(1, 60);
  EXPECT_GT(want.product_toggles, 0);
  EXPECT_EQ(activity_of(3, 20), want);
}

// What a sequence's bits did is its own, whoever runs beside it, and rows that
// are dropped count until then.
TEST_P(DigitalTest, ActivityIsASequencesOwn) {
  const std::vector<int32_t> tokens = Tokens(9);
  const std::vector<int32_t> tables[] = {{0}, {1}, {2}};
  const std::vector<StepSequence> three = {
      {0, 4, 0, tables[0]}, {4, 2, 0, tables[1]}, {6, 3, 0, tables[2]}};
  TinyModel model = GetParam().Digital(2);
  model.Step(tokens, three, {{1, 3, 5, 8}, {0, 2, 3}});
  const std::vector<BitActivity> together = model.report().bit_activity;
  ASSERT_EQ(together.size(), 3);
  const std::vector<std::vector<std::vector<int>>> kept = {
      {{1, 3}, {0}}, {{1}, {0}}, {{2}, {0}}};
  for (size_t i = 0; i < 3; ++i) {
    StepSequence alone = three[i];
    alone.first_row = 0;
    model.Step({tokens.data() + three[i].first_row, size_t(alone.num_rows)},
               {&alone, 1}, kept[i]);
    EXPECT_EQ(model.report().bit_activity.at(0), together[i]) << i;
  }
  EXPECT_GT(together[2].product_toggle_rate(), 0);
  EXPECT_LT(together[2].product_toggle_rate(), 0.5);
}

// Against a plain count of every cell and cycle.
TEST(BitActivityTest, CountsEveryCellAndCycle) {
  const RandomMatrix matrix = MakeRandomMatrix(TensorType::kQ8_0, 5, 64, 3);
  const TensorView view = matrix.view();
  WorkerPool pool(1);
  const KernelTable kernels = *ChooseKernels(CpuFeatures{}, Isa::kScalar);
  BitSerialMatrices matrices(kernels);
  ASSERT_TRUE(matrices.Load({&view, 1}, {}, pool).ok());
  std::vector<float> x = RandomFloats(2 * 64, 4), y(2 * 5);
  matrices.Multiply(0, {.x = {x.data(), 64}, .rows = 2, .y = {y.data(), 5}},
                    pool);

  std::vector<int8_t> codes(2 * 64);
  std::vector<float> scales(4), totals(4);
  std::vector<int32_t> sums(8);
  kernels.quantise_rows(
      x.data(), 64, 2, 2,
      {codes.data(), scales.data(), sums.data(), totals.data(), 2});
  std::vector<BitActivity> all(2);
  const auto bit = [](std::byte byte, int i) {
    return i < 0 ? 0 : static_cast<int>(byte >> i) & 1;
  };
  for (int r = 0; r < 2; ++r) {
    BitActivity& want = all[r];
    for (int k = 0; k < 64; ++k) {
      const auto code =
          static_cast<std::byte>(codes[32 * (k / 32 * 2 + r) + k % 32]);
      for (int cycle = 0; cycle < 8; ++cycle) {
        const int now = bit(code, cycle), before = bit(code, cycle - 1);
        ++want.input_bits;
        want.input_ones += now;
        want.input_toggles += now != before;
        for (int n = 0; n < 5; ++n) {
          const std::byte weight =
              matrix.bytes[n * 68 + k / 32 * 34 + 2 + k % 32];
          for (int cell = 0; cell < 8; ++cell) {
            ++want.product_bits;
            want.product_ones += now & bit(weight, cell);
            want.product_toggles += (now != before) & bit(weight, cell);
          }
        }
      }
    }
  }
  EXPECT_EQ(matrices.TakeBitActivity(), all);
  EXPECT_TRUE(matrices.TakeBitActivity().empty());
}

TEST(CimTablesTest, ChangeTheNonlinearitiesAndNoProduct) {
  const CpuBackendOptions options = {.kv_type = KvType::kF32,
                                     .max_rows = TinyModel::kMaxRows};
  const std::vector<int32_t> tokens = Tokens(40);
  TinyModel exact(
      *MakeDigitalCimBackend(Device("cimple-28nm"), false, options));
  TinyModel tables(
      *MakeDigitalCimBackend(Device("cimple-28nm"), true, options));
  EXPECT_EQ(tables.backend().info().name, "cim:cimple-28nm+lut");
  const std::vector<float> want = exact.Run(tokens, 40, 0);
  const std::vector<float> got = tables.Run(tokens, 40, 0);
  double difference = 0, size = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    difference += std::pow(got[i] - want[i], 2);
    size += std::pow(want[i], 2);
  }
  EXPECT_GT(difference, 0);
  EXPECT_LT(std::sqrt(difference / size), 0.03);
}

// Of what is in the cells, noise goes by position: no chunk, thread or company
// changes a bit.
TEST(AnalogBackendTest, LogitsDependOnNothingButTheTokens) {
  const std::vector<int32_t> tokens = Tokens(150);
  AnalogOptions analog;
  analog.age = Seconds(86400);
  const auto model_of = [&](int threads, uint64_t seed) {
    analog.seed = seed;
    return TinyModel(*MakeAnalogCimBackend(
        Device("hermes-14nm"), analog,
        {.threads = threads, .max_rows = TinyModel::kMaxRows}));
  };
  TinyModel one = model_of(1, 1);
  EXPECT_TRUE(one.backend().info().batch_invariant);
  const std::vector<float> want = one.Run(tokens, 150, 0);
  for (int threads : {1, 3}) {
    TinyModel model = model_of(threads, 1);
    for (int chunk : {1, 37, 150}) {
      EXPECT_EQ(model.Run(tokens, chunk, 8), want)
          << threads << " threads, chunks of " << chunk;
    }
    // Two sequences in one step, the other one first.
    const std::vector<int32_t> other = {16, 17, 18, 19, 20}, own = {0, 1, 2};
    const StepSequence sequences[] = {{0, 70, 0, other}, {70, 70, 0, own}};
    std::vector<int32_t> both = Tokens(150);
    std::reverse(both.begin(), both.end());
    both.resize(70);
    both.insert(both.end(), tokens.begin(), tokens.begin() + 70);
    const std::vector<float> logits = model.Step(both, sequences);
    EXPECT_TRUE(
        std::equal(logits.begin() + 70 * kVocab, logits.end(), want.begin()));
  }
  EXPECT_NE(model_of(1, 2).Run(tokens, 150, 0), want);
}

TEST(CimBackendErrorTest, NamesWhatIsWrong) {
  const absl::Status rotary =
      MakeDigitalCimBackend(Device("qk-macro-65nm"), false, {}).status();
  EXPECT_EQ(rotary.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(rotary.message().find("RoPE"), absl::string_view::npos) << rotary;
  const absl::Status numerics =
      MakeDigitalCimBackend(Device("colonnade-65nm"), false,
                            {.numerics = Numerics::kF32})
          .status();
  EXPECT_EQ(numerics.code(), absl::StatusCode::kInvalidArgument);
  const absl::Status digital =
      MakeSimulatedBackend(Device("colonnade-65nm"),
                           {.analog = {.age = Seconds(1)}}, {})
          .status();
  EXPECT_EQ(digital.code(), absl::StatusCode::kInvalidArgument);
  const absl::Status cells =
      MakeAnalogCimBackend(Device("isaac-32nm"), {.cells = CellKind::kPcm}, {})
          .status();
  EXPECT_EQ(cells.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(cells.message().find("isaac-32nm"), absl::string_view::npos);
}

}  // namespace
}  // namespace mj
