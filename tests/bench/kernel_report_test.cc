#include "bench/kernel_report.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

const MachineLimits kLimits{.read_bytes_per_second = 40e9,
                            .read_bytes_per_second_one_thread = 30e9,
                            .f32 = 200e9,
                            .int8 = std::nullopt,
                            .bf16 = 400e9};

KernelCase Product() {
  return {.op = "linear",
          .type = "Q4_1",
          .numerics = "bf16",
          .rows = 2,
          .outputs = 10,
          .inputs = 5,
          .operations = 200,
          .bytes = 20,
          .has_weights = true,
          .source = ByteSource::kMemory,
          .peak = &MachineLimits::bf16};
}

TEST(KernelReportTest, SharesAreOfTheLimitsOfTheMoment) {
  const KernelResult result{
      .timed = {.seconds = 1e-9, .read_bytes_per_second = 25e9},
      .rows_bit_equal = true};
  const auto row = KernelRow(Product(), result, kLimits, Isa::kAvx512, 2);
  EXPECT_EQ(row["isa"], "avx512");
  EXPECT_DOUBLE_EQ(row["gops"], 200);
  EXPECT_DOUBLE_EQ(row["percent_of_peak"], 50);
  EXPECT_DOUBLE_EQ(row["weight_gb_per_second"], 20);
  EXPECT_DOUBLE_EQ(row["read_gb_per_second"], 25);
  EXPECT_DOUBLE_EQ(row["percent_of_bandwidth"], 80);
  EXPECT_DOUBLE_EQ(row["percent_of_limit"], 80);
  EXPECT_EQ(row["rows_bit_equal"], true);
}

TEST(KernelReportTest, WhatIsNotKnownIsNull) {
  KernelCase c = Product();
  c.peak = &MachineLimits::int8;
  c.type.clear();
  c.has_weights = false;
  c.source = ByteSource::kLimit;
  const auto row =
      KernelRow(c, {.timed = {.seconds = 1}}, kLimits, Isa::kAvx2, 1);
  for (const char* key :
       {"type", "percent_of_peak", "weight_gb_per_second", "read_gb_per_second",
        "percent_of_bandwidth", "percent_of_limit", "rows_bit_equal"}) {
    EXPECT_TRUE(row[key].is_null()) << key;
  }
  EXPECT_NE(KernelLine(row).find("linear"), std::string::npos);
}

TEST(KernelReportTest, ErrorsAndBaselinesAreNamed) {
  nlohmann::ordered_json row = {{"op", "linear"},
                                {"implementation", "onednn"},
                                {"type", "BF16"},
                                {"numerics", "bf16"},
                                {"error", "no such product"}};
  EXPECT_EQ(KernelLine(row),
            "linear            BF16  bf16 : no such product\n");
  KernelCase c = Product();
  c.implementation = "onednn";
  row = KernelRow(c, {.timed = {.seconds = 1}, .rows_bit_equal = false},
                  kLimits, Isa::kAvx512, 2);
  EXPECT_NE(KernelLine(row).find("onednn (rows' bits differ)"),
            std::string::npos);
  nlohmann::ordered_json limits;
  AddLimits(kLimits, limits);
  EXPECT_TRUE(limits["peak_gops"]["int8"].is_null());
  EXPECT_DOUBLE_EQ(limits["peak_gops"]["bf16"], 400);
  EXPECT_DOUBLE_EQ(limits["read_gb_per_second_one_thread"], 30);
}

}  // namespace
}  // namespace mj
