#include "hw_backends/cpu/cpu_backend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/hw_backends/tiny_model.h"
#include "tests/kernels/random_weights.h"

namespace mj {
namespace {

TinyModel MakeModel(int threads, std::optional<Isa> isa,
                    Numerics numerics = Numerics::kF32,
                    std::optional<KvType> kv_type = std::nullopt) {
  return TinyModel(*MakeCpuBackend({.threads = threads,
                                    .isa = isa,
                                    .numerics = numerics,
                                    .kv_type = kv_type,
                                    .max_rows = TinyModel::kMaxRows}));
}

std::vector<Isa> HostIsas() {
  std::vector<Isa> isas;
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
    if (Supports(ReadCpuFeatures(), isa)) isas.push_back(isa);
  }
  return isas;
}

struct Setting {
  Isa isa;
  Numerics numerics;
  KvType kv_type;
  TinyModel Model(int threads) const {
    return MakeModel(threads, isa, numerics, kv_type);
  }
};

std::vector<Setting> Settings() {
  std::vector<Setting> settings;
  for (Isa isa : HostIsas()) {
    settings.push_back({isa, Numerics::kF32, KvType::kF32});
    settings.push_back({isa, Numerics::kBf16, KvType::kBF16});
    settings.push_back({isa, Numerics::kInt8, KvType::kInt8});
    settings.push_back({isa, Numerics::kInt8, KvType::kF16});
  }
  return settings;
}

class CpuBackendTest : public testing::TestWithParam<Setting> {};
INSTANTIATE_TEST_SUITE_P(Settings, CpuBackendTest,
                         testing::ValuesIn(Settings()), [](const auto& info) {
                           const Setting& s = info.param;
                           return absl::StrCat(
                               std::string(IsaName(s.isa)), "_",
                               std::string(NumericsName(s.numerics)), "_kv_",
                               std::string(KvTypeName(s.kv_type)));
                         });

TEST_P(CpuBackendTest, BitsDependOnNeitherChunksNorThreads) {
  const std::vector<int32_t> tokens = Tokens(150);
  TinyModel one = GetParam().Model(1);
  const std::vector<float> want = one.Run(tokens, 1, 0);
  for (float logit : want) ASSERT_TRUE(std::isfinite(logit));
  for (int threads : {1, 2, 3}) {
    TinyModel model = GetParam().Model(threads);
    for (int chunk : {1, 16, 37, 150}) {
      EXPECT_EQ(model.Run(tokens, chunk, 8), want)
          << threads << " threads, chunks of " << chunk;
    }
  }
}

TEST_P(CpuBackendTest, ALimitOfThreadsBetweenStepsChangesNoBits) {
  const std::vector<int32_t> tokens = Tokens(90);
  TinyModel model = GetParam().Model(3);
  const std::vector<float> want = model.Run(tokens, 30, 0);
  std::vector<float> got;
  const std::vector<int32_t> table = {8, 9, 10};
  int at = 0;
  for (int limit : {2, 1, 64}) {  // 64: as many as there are
    model.backend().LimitThreads(limit);
    const StepSequence sequence{0, 30, at, table};
    const auto some = model.Step({tokens.data() + at, 30}, {&sequence, 1});
    got.insert(got.end(), some.begin(), some.end());
    at += 30;
  }
  EXPECT_EQ(got, want);
}

TEST_P(CpuBackendTest, BitsDoNotDependOnOtherSequences) {
  TinyModel model = GetParam().Model(2);
  const std::vector<int32_t> tokens = Tokens(70);
  const std::vector<float> want = model.Run(tokens, 70, 0);
  // The same prompt twice in one step, behind another sequence's row.
  std::vector<int32_t> all = {5};
  all.insert(all.end(), tokens.begin(), tokens.end());
  all.insert(all.end(), tokens.begin(), tokens.end());
  const std::vector<int32_t> tables[] = {{9}, {12, 10, 14}, {21, 25, 22}};
  const StepSequence sequences[] = {
      {0, 1, 0, tables[0]}, {1, 70, 0, tables[1]}, {71, 70, 0, tables[2]}};
  const std::vector<float> logits = model.Step(all, sequences);
  for (int row : {1, 71}) {
    EXPECT_TRUE(
        std::equal(want.begin(), want.end(), logits.begin() + row * kVocab))
        << "at row " << row;
  }
}

TEST_P(CpuBackendTest, KeptRowsGetTheBitsTheyHadAmongAll) {
  const struct {
    const char* name;
    std::vector<std::vector<int>> kept;
    std::vector<int> left;
  } cases[] = {
      {"none", {{}}, {}},
      {"one", {{70}}, {70}},
      {"some of each",
       {{0, 1, 40, 41, 42, 70, 71, 139}},
       {0, 1, 40, 41, 42, 70, 71, 139}},
      {"narrowed twice", {{3, 50, 51, 90, 139}, {1, 2, 4}}, {50, 51, 139}},
      {"none of some", {{3, 50}, {}}, {}},
  };
  TinyModel model = GetParam().Model(2);
  const std::vector<int32_t> tokens = Tokens(140);
  const std::vector<int32_t> tables[] = {{9}, {12, 10, 14}, {21, 25, 22}};
  const StepSequence sequences[] = {
      {0, 1, 0, tables[0]}, {1, 70, 0, tables[1]}, {71, 69, 0, tables[2]}};
  const std::vector<float> all = model.Step(tokens, sequences);
  for (const auto& c : cases) {
    std::vector<float> want;
    for (int row : c.left) {
      want.insert(want.end(), all.begin() + row * kVocab,
                  all.begin() + (row + 1) * kVocab);
    }
    EXPECT_EQ(model.Step(tokens, sequences, c.kept), want) << c.name;
    // Those of other rows stand since the step before.
    EXPECT_EQ(model.Step(tokens, sequences, c.kept, /*stores_all=*/false), want)
        << c.name;
    EXPECT_EQ(model.Step(tokens, sequences), all) << "after " << c.name;
  }
}

TEST(CpuBackendIsaTest, VersionsAgreeOnTheLogits) {
  const std::vector<int32_t> tokens = Tokens(40);
  TinyModel scalar = MakeModel(1, Isa::kScalar);
  const std::vector<float> want = scalar.Run(tokens, 40, 0);
  float largest = 0;
  for (float logit : want) largest = std::max(largest, std::abs(logit));
  for (Isa isa : HostIsas()) {
    TinyModel model = MakeModel(1, isa);
    EXPECT_EQ(model.backend().info().isa, IsaName(isa));
    const std::vector<float> got = model.Run(tokens, 40, 0);
    for (size_t i = 0; i < want.size(); ++i) {
      ASSERT_NEAR(got[i], want[i], 1e-4f * largest) << IsaName(isa);
    }
  }
}

// What is read back is what the verbs left, or was written, of the rows that
// are left.
TEST(CpuBackendReadRowsTest, GivesTheRowsOfTheStep) {
  TinyModel model = MakeModel(2, std::nullopt);
  Backend& backend = model.backend();
  const RandomMatrix table = MakeRandomMatrix(TensorType::kF32, 8, 40, 1);
  const TensorView view = table.view();
  const WeightId weights = *backend.LoadMatrix({&view, 1}, {});
  const BufferId buffer = backend.AddBuffer(40);
  const auto row_of = [&](int32_t token) {
    std::vector<float> row(40);
    std::memcpy(row.data(), view.bytes.data() + token * sizeof(float) * 40,
                sizeof(float) * 40);
    return row;
  };
  const std::vector<int32_t> tokens = {5, 0, 7}, blocks = {0};
  const StepSequence sequence{0, 3, 0, blocks};
  backend.BeginStep({tokens, {&sequence, 1}});
  backend.Embed(weights, 1, buffer);
  std::vector<float> got(3 * 40), want;
  backend.ReadRows(buffer, 0, got);
  for (int32_t token : tokens) {
    for (float value : row_of(token)) want.push_back(value);
  }
  EXPECT_EQ(got, want);
  got.resize(2 * 40);
  backend.ReadRows(buffer, 1, got);
  EXPECT_TRUE(std::equal(got.begin(), got.end(), want.begin() + 40));
  backend.WriteRows(buffer, 1, row_of(3));
  const int kept[] = {1, 2};
  backend.KeepRows(kept, {&buffer, 1});
  backend.ReadRows(buffer, 0, got);
  want = row_of(3);
  for (float value : row_of(7)) want.push_back(value);
  EXPECT_EQ(got, want);
  backend.EndStep();
}

TEST(CpuBackendErrorTest, NamesWhatIsWrong) {
  for (Isa isa : {Isa::kAvx2, Isa::kAvx512, Isa::kAmx}) {
    if (Supports(ReadCpuFeatures(), isa)) continue;
    const auto backend = MakeCpuBackend({.threads = 1, .isa = isa});
    EXPECT_EQ(backend.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(backend.status().message(), WhyNot(ReadCpuFeatures(), isa));
  }
  EXPECT_FALSE(MakeCpuBackend({.threads = 0}).ok());
  auto backend = *MakeCpuBackend({.threads = 2});
  const RandomMatrix a = MakeRandomMatrix(TensorType::kQ8_0, 40, 64, 1);
  RandomMatrix b = MakeRandomMatrix(TensorType::kQ8_0, 40, 96, 1);
  const TensorView both[] = {a.view(), b.view()};
  EXPECT_EQ(backend->LoadMatrix(both, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  TensorView cut = a.view();
  cut.bytes = cut.bytes.first(cut.bytes.size() - 1);
  EXPECT_FALSE(backend->LoadMatrix({&cut, 1}, {}).ok());
  b.bytes[39 * RowBytes(b.type, 96) + 1] = std::byte{0x7E};  // a NaN scale
  const TensorView bad = b.view();
  const auto status = backend->LoadMatrix({&bad, 1}, {}).status();
  EXPECT_NE(std::string(status.message()).find("part 0: Q8_0 row 39"),
            std::string::npos)
      << status;
}

TEST(CpuBackendErrorTest, ActivationBitsAreOfInt8) {
  const auto status = [](int bits, Numerics numerics) {
    return MakeCpuBackend(
               {.threads = 1, .numerics = numerics, .activation_bits = bits})
        .status();
  };
  EXPECT_TRUE(status(4, Numerics::kInt8).ok());
  EXPECT_EQ(status(3, Numerics::kInt8).message(),
            "activation bits: 3, must be 2, 4 or 8");
  EXPECT_EQ(status(4, Numerics::kF32).message(),
            "activation bits: 4 need numerics int8, not f32");
  EXPECT_FALSE(status(8, Numerics::kBf16).ok());
}

TEST(CpuBackendErrorTest, KvThatCannotFitIsRefusedWithBothNumbers) {
  auto backend = *MakeCpuBackend({.threads = 1, .numerics = Numerics::kF32});
  const KvShape shape{64, 64, 256};
  const absl::Status status = backend->AllocateKv(shape, 1 << 30);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(std::string(status.message()).find("available"), std::string::npos)
      << status;
  EXPECT_EQ(backend->KvBytesPerBlock({30, 3, 64}), 30 * 3 * 64 * 32 * 2 * 4);
  EXPECT_FALSE(backend->AllocateKv({0, 3, 64}, 4).ok());
}

}  // namespace
}  // namespace mj
