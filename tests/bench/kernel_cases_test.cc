#include "bench/kernel_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mj {
namespace {

KernelCase Made(const char* op, const char* type, const char* numerics,
                int64_t rows) {
  return {.op = op, .type = type, .numerics = numerics, .rows = rows};
}

const std::vector<KernelCase>& Cases() {
  static const auto* cases = new std::vector<KernelCase>{
      Made("read", "", "", 0),
      Made("linear", "Q4_1", "f32", 1),
      Made("linear", "Q4_1", "bf16", 8),
      Made("linear", "BF16", "bf16", 8),
      Made("attention_decode", "bf16", "f32", 32),
  };
  return *cases;
}

struct SelectionCase {
  const char* name;
  CaseFilter filter;
  size_t want;          // cases
  const char* message;  // or this
};

TEST(KernelCasesTest, SelectsWhatMatchesAllOrSaysWhatThereIs) {
  const SelectionCase cases[] = {
      {"everything", {}, 5, ""},
      {"op", {.op = "linear"}, 3, ""},
      {"op that knows nothing else", {.op = "read"}, 1, ""},
      {"type in any case", {.type = "bf16"}, 2, ""},
      {"all",
       {.op = "linear", .type = "q4_1", .numerics = "bf16", .rows = 8},
       1,
       ""},
      {"unknown op",
       {.op = "lineal"},
       0,
       "--op: no case has 'lineal'; there are read, linear, attention_decode"},
      {"unknown type",
       {.type = "Q9"},
       0,
       "--type: no case has 'Q9'; there are Q4_1, BF16, bf16"},
      {"unknown numerics",
       {.numerics = "int4"},
       0,
       "--numerics: no case has 'int4'; there are f32, bf16"},
      {"unknown rows",
       {.rows = 7},
       0,
       "--rows: no case has '7'; there are 1, 8, 32"},
      {"no such combination",
       {.op = "linear", .rows = 32},
       0,
       "no case has all of --op linear --rows 32"},
  };
  for (const SelectionCase& c : cases) {
    const auto got = SelectCases(Cases(), c.filter);
    EXPECT_EQ(got.ok() ? got->size() : 0, c.want) << c.name;
    EXPECT_EQ(got.status().message(), c.message) << c.name;
  }
}

}  // namespace
}  // namespace mj
