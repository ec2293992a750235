#include "hw_backends/models/shape_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

using testing::HasSubstr;

struct KnownShape {
  const char* name;
  double billions;  // of parameters, as the model cards say
  int64_t kv_bytes_per_token;
};

TEST(ShapeFileTest, ParametersAreThoseOfTheModelCards) {
  constexpr KnownShape kShapes[] = {
      {"smollm2-135m", 0.1345, 30 * 2 * 3 * 64 * 2},
      {"llama-3.1-8b", 8.03, 131072},
      {"qwen3-32b", 32.76, 262144},
      {"llama-3.1-70b", 70.55, 327680},
  };
  for (const KnownShape& c : kShapes) {
    SCOPED_TRACE(c.name);
    const auto served = FindShape(c.name);
    ASSERT_TRUE(served.ok()) << served.status();
    EXPECT_EQ(served->shape.name, c.name);
    EXPECT_NEAR(served->weight_bytes / 2e9, c.billions, 0.002 * c.billions);
    const ModelShape& m = served->shape;
    EXPECT_EQ(
        2 * int64_t{2} * m.num_kv_heads * m.head_dim * std::ssize(m.layers),
        c.kv_bytes_per_token);
    EXPECT_GT(served->context, 0);
  }
}

TEST(ShapeFileTest, AnUnknownNameListsTheKnownOnes) {
  const auto served = FindShape("gpt-5");
  EXPECT_EQ(served.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(
      std::string(served.status().message()),
      HasSubstr("known: llama-2-7b, llama-3.1-70b, llama-3.1-8b, qwen3-32b, "
                "smollm2-135m, or the path of a GGUF file"));
}

constexpr const char* kTiny = R"(name = "tiny"
source = "made up"
hidden = 8
num_heads = 2
num_kv_heads = 1
head_dim = 4
intermediate = 16
vocab = 32
layers = 1
context = 64
weight_bytes = 2
)";

TEST(ShapeFileTest, ATiedHeadIsNoWeightOfItsOwn) {
  const auto tied = ParseShape("t", absl::StrCat(kTiny, "tied = 1\n"));
  const auto own = ParseShape("t", absl::StrCat(kTiny, "tied = 0\n"));
  ASSERT_TRUE(tied.ok() && own.ok());
  EXPECT_EQ(own->weight_bytes - tied->weight_bytes, 32 * 8 * 2);
}

TEST(ShapeFileTest, BadFilesNameTheKey) {
  EXPECT_THAT(std::string(ParseShape("t", kTiny).status().message()),
              HasSubstr("tied"));
  EXPECT_THAT(std::string(ParseShape("t", absl::StrCat(kTiny, "tied = 2\n"))
                              .status()
                              .message()),
              HasSubstr("t: tied must be 0 or 1"));
}

}  // namespace
}  // namespace mj
