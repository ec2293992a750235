#include "engine/speculate/exit_head_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>

#include "engine/model/sha256.h"
#include "engine/speculate/sealed_file.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

constexpr int kHidden = 3;

ExitHead MakeHead() {
  ExitHead head{.fingerprint = std::string(64, 'a'),
                .version = "0.1.0",
                .backend = "cpu",
                .isa = "avx512",
                .numerics = "bf16",
                .vocab = 100,
                .num_layers = 8,
                .layer = 2,
                .map = {.inputs = kHidden,
                        .outputs = kHidden,
                        .bias = {1, -2, 0.5f},
                        .input_power = {1, 2, 3},
                        .noise = 0.25},
                .vocabulary = {0, 7, 99},
                .lambda = 1e-4,
                .tokens = 12345678901,
                .agreement = 0.5};
  for (int i = 0; i < kHidden * kHidden; ++i) {
    head.map.weights.push_back(0.1f * i);
  }
  return head;
}

absl::StatusOr<ExitHead> Parse(const std::string& bytes) {
  return ParseExitHead(std::as_bytes(std::span(bytes)));
}

void ExpectSame(const ExitHead& got, const ExitHead& want) {
  EXPECT_EQ(got.fingerprint, want.fingerprint);
  EXPECT_EQ(got.version, want.version);
  EXPECT_EQ(got.backend, want.backend);
  EXPECT_EQ(got.isa, want.isa);
  EXPECT_EQ(got.numerics, want.numerics);
  EXPECT_EQ(got.vocab, want.vocab);
  EXPECT_EQ(got.num_layers, want.num_layers);
  EXPECT_EQ(got.layer, want.layer);
  EXPECT_EQ(got.map.inputs, want.map.inputs);
  EXPECT_EQ(got.map.outputs, want.map.outputs);
  EXPECT_EQ(got.map.weights, want.map.weights);
  EXPECT_EQ(got.map.bias, want.map.bias);
  EXPECT_EQ(got.map.input_power, want.map.input_power);
  EXPECT_EQ(got.map.noise, want.map.noise);
  EXPECT_EQ(got.vocabulary, want.vocabulary);
  EXPECT_EQ(got.lambda, want.lambda);
  EXPECT_EQ(got.tokens, want.tokens);
  EXPECT_EQ(got.agreement, want.agreement);
}

TEST(ExitHeadFileTest, ComesBackAsItWas) {
  ExitHead head = MakeHead();
  for (const std::vector<int32_t>& vocabulary :
       {std::vector<int32_t>{0, 7, 99}, {}}) {
    head.vocabulary = vocabulary;
    const auto bytes = FormatExitHead(head);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const auto back = Parse(*bytes);
    ASSERT_TRUE(back.ok()) << back.status();
    ExpectSame(*back, head);
  }
}

struct Damage {
  const char* name;
  std::function<void(std::string& bytes)> apply;
  const char* message;
};

void Put(uint32_t value, size_t at, std::string& bytes) {
  std::memcpy(bytes.data() + at, &value, sizeof(value));
}

const Damage kDamages[] = {
    {"empty", [](auto& b) { b.clear(); }, "no exit head"},
    {"another file", [](auto& b) { b[0] = 'X'; }, "no exit head"},
    {"of another build", [](auto& b) { Put(1, 8, b); },
     "version 1, this one reads version 2"},
    {"cut off in its head", [](auto& b) { b.resize(50); }, "cut off"},
    {"cut off", [](auto& b) { b.pop_back(); }, "cut off"},
    {"too long", [](auto& b) { b += '\0'; }, "too long"},
    {"one bit of a weight", [](auto& b) { b[b.size() - 60] ^= 1; }, "checksum"},
    {"one bit of the checksum", [](auto& b) { b.back() ^= 1; }, "checksum"},
    {"no hidden size", [](auto& b) { Put(0, 12, b); },
     "the hidden size is 0; it must be from 1"},
    {"a huge hidden size", [](auto& b) { Put(0xFFFFFFFF, 12, b); },
     "the hidden size is 4294967295"},
    {"a layer too many", [](auto& b) { Put(9, 24, b); },
     "the layer is 9; it must be from 1 to 8"},
    {"a list longer than the vocabulary", [](auto& b) { Put(101, 28, b); },
     "the draft vocabulary is 101"},
};

TEST(ExitHeadFileTest, ChecksumIsThatOfTheWholeFile) {
  const auto bytes = FormatExitHead(MakeHead());
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  Sha256 sum;
  sum.Add(std::as_bytes(std::span(*bytes)));
  EXPECT_EQ(Parse(*bytes)->checksum, *sum.Hex());
}

TEST(ExitHeadFileTest, SaysWhatIsWrongWithAFile) {
  for (const Damage& damage : kDamages) {
    std::string bytes = *FormatExitHead(MakeHead());
    damage.apply(bytes);
    const auto head = Parse(bytes);
    EXPECT_EQ(head.status().code(), absl::StatusCode::kInvalidArgument)
        << damage.name;
    EXPECT_THAT(std::string(head.status().message()), HasSubstr(damage.message))
        << damage.name;
  }
}

struct BadHead {
  const char* name;
  std::function<void(ExitHead&)> spoil;
  const char* message;
};

const BadHead kBadHeads[] = {
    {"fingerprint", [](auto& h) { h.fingerprint = "abc"; }, "\"abc\""},
    {"order",
     [](auto& h) {
       h.vocabulary = {7, 7};
     },
     "token 7"},
    {"range", [](auto& h) { h.vocabulary = {100}; }, "token 100"},
    {"not finite",
     [](auto& h) { h.map.weights[4] = std::numeric_limits<float>::infinity(); },
     "not finite"},
    {"layer", [](auto& h) { h.layer = 0; }, "the layer is 0"},
};

TEST(ExitHeadFileTest, WritesNoHeadThatItWouldNotRead) {
  for (const BadHead& bad : kBadHeads) {
    ExitHead head = MakeHead();
    bad.spoil(head);
    const auto bytes = FormatExitHead(head);
    EXPECT_EQ(bytes.status().code(), absl::StatusCode::kInvalidArgument)
        << bad.name;
    EXPECT_THAT(std::string(bytes.status().message()), HasSubstr(bad.message));
  }
}

TEST(ExitHeadFileTest, ItsChecksumIsThatOfTheFile) {
  ExitHead head = MakeHead();
  ASSERT_TRUE(NoteChecksum(head).ok());
  const TempFolder folder;
  const std::string path = folder.path() + "/model.exit-head";
  ASSERT_TRUE(WriteExitHead(head, path).ok());
  EXPECT_EQ(head.checksum, *ChecksumOf(*ReadSealedFile(path, 1 << 20)));
  EXPECT_EQ(ReadExitHead(path)->checksum, head.checksum);
  head.map.bias[0] += 1;
  ASSERT_TRUE(NoteChecksum(head).ok());
  EXPECT_NE(ReadExitHead(path)->checksum, head.checksum);
}

TEST(ExitHeadFileTest, ReplacesAFileAndNamesItsPath) {
  const TempFolder folder;
  const std::string path = folder.Write("model.exit-head", "old");
  EXPECT_THAT(std::string(ReadExitHead(path).status().message()),
              testing::StartsWith(path + ": no exit head"));
  ASSERT_TRUE(WriteExitHead(MakeHead(), path).ok());
  const auto head = ReadExitHead(path);
  ASSERT_TRUE(head.ok()) << head.status();
  ExpectSame(*head, MakeHead());
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));

  const std::string missing = folder.path() + "/no/such";
  EXPECT_EQ(ReadExitHead(missing).status().code(), absl::StatusCode::kNotFound);
  const absl::Status unwritable = WriteExitHead(MakeHead(), missing);
  EXPECT_EQ(unwritable.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(unwritable.message()), HasSubstr(missing));
}

}  // namespace
}  // namespace mj
