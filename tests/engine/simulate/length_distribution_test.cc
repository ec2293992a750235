#include "engine/simulate/length_distribution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mj {
namespace {

struct QuantileCase {
  const char* text;
  double u;
  int want;
};

TEST(LengthDistributionTest, Quantiles) {
  constexpr QuantileCase kCases[] = {
      {"512", 0, 512},
      {"512", 0.999, 512},
      {"uniform:1:4", 0, 1},
      {"uniform:1:4", 0.26, 2},
      {"uniform:1:4", 0.999999, 4},
      {"uniform:7:7", 0.5, 7},
      {"lognormal:100:0.5", 0.5, 100},
      {"lognormal:100:1", 0.8413447, 272},  // one sigma: x e
      {"lognormal:100:1", 0, 1},            // clamped
      {"lognormal:900000:9", 0.9999, 1000000},
  };
  for (const QuantileCase& c : kCases) {
    SCOPED_TRACE(c.text);
    const auto d = LengthDistribution::Parse(c.text);
    ASSERT_TRUE(d.ok()) << d.status();
    EXPECT_EQ(d->At(c.u), c.want);
  }
}

TEST(LengthDistributionTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", "0", "-3", "1.5", "many", "1000001", "uniform:5", "uniform:5:4",
        "uniform:0:4", "uniform:a:b", "lognormal:0:1", "lognormal:10:-1",
        "lognormal:10:nan", "lognormal:10:99", "zipf:1:2", "uniform:1:2:3"}) {
    SCOPED_TRACE(text);
    const auto d = LengthDistribution::Parse(text);
    EXPECT_EQ(d.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(d.status().message()),
                testing::HasSubstr(std::string("'") + text + "'"));
  }
}

TEST(LengthDistributionTest, NormalQuantiles) {
  EXPECT_NEAR(NormalQuantile(0.5), 0, 1e-9);
  EXPECT_NEAR(NormalQuantile(0.975), 1.959964, 1e-6);
  EXPECT_NEAR(NormalQuantile(0.001), -3.090232, 1e-6);
  EXPECT_NEAR(NormalQuantile(0.999), 3.090232, 1e-6);
}

}  // namespace
}  // namespace mj
