#include "engine/model/gguf.h"

#include <functional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/model/gguf_builder.h"

namespace mj {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using B = GgufBuilder;

absl::StatusOr<Gguf> Parse(const std::string& file) {
  return Gguf::Parse(std::as_bytes(std::span(file)), file.size(), "f.gguf");
}

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

TEST(Gguf, ReadsEveryKindOfValue) {
  B builder;
  builder.Integer("i", 7)
      .Entry("i8", GgufType::kInt8, B::Raw<int8_t>(-3))
      .Entry("u64", GgufType::kUint64, B::Raw<uint64_t>(1ull << 40))
      .Float("f", 0.5f)
      .Entry("f64", GgufType::kFloat64, B::Raw(2.25))
      .Bool("b", true)
      .String("s", "text")
      .Strings("ss", {"one", "", "three"})
      .Array<int32_t>("is", GgufType::kInt32, {1, -2})
      .Array<float>("fs", GgufType::kFloat32, {1.5f})
      .Array<uint8_t>("bs", GgufType::kBool, {1, 0});
  const std::string bytes = builder.Build();
  const auto file = Parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->version(), 3u);
  EXPECT_EQ(file->metadata().size(), 11u);
  EXPECT_EQ(*file->GetInteger("i"), 7);
  EXPECT_EQ(*file->GetInteger("i8"), -3);
  EXPECT_EQ(*file->GetInteger("u64"), int64_t{1} << 40);
  EXPECT_EQ(*file->GetFloat("f"), 0.5);
  EXPECT_EQ(*file->GetFloat("f64"), 2.25);
  EXPECT_EQ(*file->GetBool("b"), true);
  EXPECT_EQ(*file->GetString("s"), "text");
  EXPECT_THAT(*file->GetStrings("ss"), ElementsAre("one", "", "three"));
  EXPECT_THAT(*file->GetIntegers("is"), ElementsAre(1, -2));
  EXPECT_THAT(*file->GetFloats("fs"), ElementsAre(1.5f));
  EXPECT_THAT(*file->GetBools("bs"), ElementsAre(true, false));
  EXPECT_EQ(*file->FindInteger("absent"), std::nullopt);
  EXPECT_EQ(*file->FindString("s"), "text");
}

TEST(Gguf, PlacesTensors) {
  B builder;
  builder.Tensor("a", {3, 2}).Tensor("b", {64, 5, 2}, TensorType::kQ8_0);
  const std::string bytes = builder.Build();
  const auto file = Parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->tensors().size(), 2u);
  const GgufTensor& a = file->tensors()[0];
  EXPECT_EQ(a.cols, 3);
  EXPECT_EQ(a.rows, 2);
  EXPECT_EQ(a.bytes, 24u);
  EXPECT_EQ(a.offset % 32, 0u);
  const GgufTensor& b = file->tensors()[1];
  EXPECT_EQ(b.rows, 10);
  EXPECT_EQ(b.bytes, 10u * 2 * 34);
  EXPECT_EQ(b.offset, a.offset + 32);
  EXPECT_EQ(bytes.size(), b.offset + 704);
}

TEST(Gguf, GettersNameKeyAndTypes) {
  B builder;
  builder.String("key", "text")
      .Strings("list", {"a"})
      .Entry("huge", GgufType::kUint64, B::Raw(~uint64_t{0}));
  builder.Float("nan", std::numeric_limits<float>::quiet_NaN());
  const std::string bytes = builder.Build();
  const auto file = Parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Message(file->GetInteger("key").status()),
            "f.gguf: metadata key key is of type string, needs an integer");
  EXPECT_EQ(
      Message(file->GetString("list").status()),
      "f.gguf: metadata key list is of type array of string, needs string");
  EXPECT_EQ(file->GetFloat("none").status(),
            absl::NotFoundError("f.gguf: metadata key none is missing"));
  EXPECT_THAT(Message(file->FindInteger("huge").status()),
              HasSubstr("needs at most 2^63 - 1"));
  EXPECT_THAT(Message(file->GetFloat("nan").status()),
              HasSubstr("needs a finite number"));
}

struct HostileCase {
  const char* name;
  std::function<void(B&)> spoil;  // of a file with a key and two tensors
  const char* message;            // what the error says
};

constexpr uint32_t kF32 = 0;
constexpr uint64_t kHuge = uint64_t{1} << 62;

std::string NestedArrays(int depth) {
  std::string value = B::ArrayOf(GgufType::kUint8, 1, "x");
  for (int i = 0; i < depth; ++i)
    value = B::ArrayOf(GgufType::kArray, 1, value);
  return value;
}

const HostileCase kHostileCases[] = {
    {"wrong magic", [](B& b) { b.magic = 0x4c4d4747; }, "this is no GGUF file"},
    {"version 1", [](B& b) { b.version = 1; }, "GGUF version 1, needs 2 or 3"},
    {"version 4", [](B& b) { b.version = 4; }, "GGUF version 4"},
    {"big endian", [](B& b) { b.version = 3u << 24; }, "big endian"},
    {"absurd tensor count", [](B& b) { b.tensor_count = kHuge; },
     "4611686018427387904 tensors, at most"},
    {"absurd key count", [](B& b) { b.entry_count = ~uint64_t{0}; },
     "18446744073709551615 metadata keys, at most"},
    {"more tensors than bytes", [](B& b) { b.tensor_count = 1 << 20; },
     "1048576 tensors, the file has only"},
    {"more keys than bytes", [](B& b) { b.entry_count = 1 << 16; },
     "65536 metadata keys, the file has only"},
    {"one key too many", [](B& b) { b.entry_count = 2; }, "has 0 bytes"},
    {"one tensor too many", [](B& b) { b.tensor_count = 3; }, "tensor"},
    {"unknown value type", [](B& b) { b.Entry("k", 13, ""); },
     "metadata key \"k\" has the unknown value type 13"},
    {"unknown element type",
     [](B& b) { b.Entry("k", 9, B::Raw<uint32_t>(77) + B::Raw<uint64_t>(0)); },
     "unknown value type 77"},
    {"absurd string length",
     [](B& b) { b.Entry("k", GgufType::kString, B::Raw(kHuge)); },
     "needs 4611686018427387904 bytes"},
    {"absurd array count",
     [](B& b) {
       b.Entry("k", GgufType::kArray, B::ArrayOf(GgufType::kUint64, kHuge, ""));
     },
     "is an array of 4611686018427387904 elements"},
    {"array count whose bytes overflow",
     [](B& b) {
       b.Entry("k", GgufType::kArray,
               B::ArrayOf(GgufType::kUint64, (uint64_t{1} << 61) + 1, ""));
     },
     "is an array of 2305843009213693953 elements"},
    {"absurd string in array",
     [](B& b) {
       b.Entry("k", GgufType::kArray,
               B::ArrayOf(GgufType::kString, 2, B::Text("a") + B::Raw(kHuge)));
     },
     "element 1 needs 4611686018427387904 bytes"},
    {"deep arrays",
     [](B& b) { b.Entry("k", GgufType::kArray, NestedArrays(20)); },
     "nests arrays deeper than 4"},
    {"empty key", [](B& b) { b.Integer("", 1); }, "has 0 bytes"},
    {"long key", [](B& b) { b.Integer(std::string(70000, 'k'), 1); },
     "has 70000 bytes"},
    {"key twice", [](B& b) { b.Integer("general.x", 1); },
     "\"general.x\" is there twice"},
    {"tensor twice", [](B& b) { b.Tensor("a", {8}); },
     "tensor \"a\" is there twice"},
    {"empty tensor name", [](B& b) { b.Tensor("", {8}); }, "has 0 bytes"},
    {"no dimensions", [](B& b) { b.RawTensor("t", {}, kF32, 0); },
     "tensor \"t\" has 0 dimensions"},
    {"five dimensions",
     [](B& b) {
       b.RawTensor("t", {1, 1, 1, 1, 1}, kF32, 0);
     },
     "has 5 dimensions"},
    {"dimension 0",
     [](B& b) {
       b.RawTensor("t", {8, 0}, kF32, 0);
     },
     "dimension 1 of size 0"},
    {"elements overflow",
     [](B& b) {
       b.RawTensor("t", {kHuge, 4}, kF32, 0);
     },
     "more than 2^63 - 1 elements"},
    {"bytes overflow", [](B& b) { b.RawTensor("t", {kHuge}, kF32, 0); },
     "more than 2^63 - 1 bytes"},
    {"unknown tensor type", [](B& b) { b.RawTensor("t", {8}, 31, 0); },
     "tensor \"t\" has type 31, needs F32"},
    {"row of half a block",
     [](B& b) {
       b.RawTensor("t", {48, 2}, 2, 0);
     },
     "tensor \"t\" has rows of 48 elements, Q4_0 needs a multiple of 32"},
    {"row of two K-quant blocks and a quarter",
     [](B& b) {
       b.RawTensor("t", {576, 2}, 12, 0);
     },
     "tensor \"t\" has rows of 576 elements, Q4_K needs a multiple of 256"},
    {"offset out of file", [](B& b) { b.RawTensor("t", {8}, kF32, 1 << 20); },
     "32 bytes at offset 1048576"},
    {"offset overflows",
     [](B& b) { b.RawTensor("t", {8}, kF32, ~uint64_t{31}); },
     "which holds only"},
    {"crooked offset", [](B& b) { b.RawTensor("t", {1}, kF32, 4); },
     "offset 4, needs a multiple of 32"},
    {"overlap", [](B& b) { b.RawTensor("t", {16}, kF32, 0); },
     "overlap at byte"},
    {"data cut off", [](B& b) { b.missing_data = 1; },
     "the file is truncated or corrupt"},
    {"alignment no power of two",
     [](B& b) { b.Integer("general.alignment", 48); },
     "general.alignment is 48, needs a power of two"},
    {"alignment 0", [](B& b) { b.Integer("general.alignment", 0); },
     "general.alignment is 0"},
    {"alignment of wrong type",
     [](B& b) { b.String("general.alignment", "32"); },
     "general.alignment is of type string"},
    {"alignment absurd", [](B& b) { b.Integer("general.alignment", 1u << 31); },
     "general.alignment is 2147483648"},
};

B Sound() {
  B builder;
  builder.Integer("general.x", 1).Tensor("a", {8}).Tensor("b", {32, 2});
  return builder;
}

TEST(Gguf, HostileFiles) {
  const std::string sound = Sound().Build();
  ASSERT_TRUE(Parse(sound).ok());
  for (const HostileCase& c : kHostileCases) {
    B builder = Sound();
    c.spoil(builder);
    const std::string bytes = builder.Build();
    const auto file = Parse(bytes);
    ASSERT_FALSE(file.ok()) << c.name;
    EXPECT_TRUE(absl::IsInvalidArgument(file.status())) << c.name;
    EXPECT_THAT(Message(file.status()), HasSubstr(c.message)) << c.name;
    EXPECT_THAT(Message(file.status()), HasSubstr("f.gguf: ")) << c.name;
  }
}

TEST(Gguf, ShallowNestedArraysAreSkipped) {
  B builder;
  builder.Entry("k", GgufType::kArray, NestedArrays(2)).Integer("after", 5);
  const std::string bytes = builder.Build();
  const auto file = Parse(bytes);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*file->GetInteger("after"), 5);
}

TEST(Gguf, TruncatedAnywhereIsAnError) {
  B builder = TinyMetadata();
  builder.Strings("tokens", {"a", "b"}).Tensor("t", {32, 4});
  const std::string bytes = builder.Build();
  ASSERT_TRUE(Parse(bytes).ok());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto file = Parse(bytes.substr(0, size));
    EXPECT_TRUE(absl::IsInvalidArgument(file.status()))
        << size << ": " << file.status();
  }
}

TEST(Gguf, ShortHeadOfSoundFileAsksForMore) {
  const std::string bytes = Sound().Build();
  const auto head = std::as_bytes(std::span(bytes));
  const uint64_t need = Parse(bytes)->head_bytes();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto file = Gguf::Parse(head.first(size), bytes.size(), "f.gguf");
    EXPECT_EQ(absl::IsOutOfRange(file.status()), size < need) << size;
    EXPECT_EQ(file.ok(), size >= need) << size;
  }
}

// Every byte of the head replaced: an error or another sound file.
TEST(Gguf, FlippedBytesNeverCrash) {
  const std::string sound = Sound().Build();
  const uint64_t head = Parse(sound)->head_bytes();
  for (size_t at = 0; at < head; ++at) {
    for (char value : {'\x00', '\x01', '\x7f', '\xff'}) {
      std::string bytes = sound;
      bytes[at] = value;
      const auto file = Parse(bytes);
      EXPECT_TRUE(file.ok() || absl::IsInvalidArgument(file.status()));
    }
  }
}

}  // namespace
}  // namespace mj
