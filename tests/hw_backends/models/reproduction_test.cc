#include "hw_backends/models/reproduction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mj {
namespace {

double Error(const PublishedResult& result, const std::string& set = "") {
  DeviceFile file = *DeviceFile::Find(result.device, "");
  if (!set.empty()) {
    EXPECT_TRUE(file.Set(set).ok()) << set;
  }
  const auto ours = ReproduceOn(file, result);
  EXPECT_TRUE(ours.ok()) << ours.status();
  return std::abs(*ours / result.published - 1);
}

std::vector<PublishedResult> AllResults() {
  absl::StatusOr<PublishedFile> published = CompiledPublished();
  EXPECT_TRUE(published.ok()) << published.status();
  return std::move(published)->results;
}

TEST(ReproductionTest, EveryPublishedResultIsWithinItsTolerance) {
  EXPECT_FALSE(CompiledPublished()->not_reproduced.empty());
  const std::vector<PublishedResult> results = AllResults();
  EXPECT_GT(results.size(), 200u);
  for (const PublishedResult& result : results) {
    SCOPED_TRACE(result.name);
    EXPECT_LE(Error(result), std::max(result.tolerance, 1e-12));
  }
}

TEST(ReproductionTest, ErrorsOfColonnade) {
  std::map<std::string, std::vector<double>> errors;
  for (const PublishedResult& result : AllResults()) {
    if (!result.identity) errors[result.group].push_back(Error(result));
  }
  const auto mean_and_max = [&errors](const std::string& group) {
    double sum = 0, most = 0;
    for (const double e : errors[group]) {
      sum += e;
      most = std::max(most, e);
    }
    return std::pair(sum / static_cast<double>(errors[group].size()), most);
  };
  EXPECT_EQ(errors["colonnade rates"].size(), 80u);
  EXPECT_LE(mean_and_max("colonnade rates").first, 0.02);
  EXPECT_LE(mean_and_max("colonnade rates").second, 0.05);
  EXPECT_EQ(errors["colonnade energies at 0.8 V"].size(), 31u);
  EXPECT_LE(mean_and_max("colonnade energies at 0.8 V").first, 0.05);
  EXPECT_LE(mean_and_max("colonnade energies at 0.8 V").second, 0.12);
}

struct MovedCase {
  const char *group, *set;
};

TEST(ReproductionTest, APerturbedConstantMovesItsRow) {
  const MovedCase kCases[] = {
      {"colonnade rates", "point.3.delay=0.5"},
      {"colonnade energies at 0.8 V", "point.3.energy=160"},
      {"zigzag", "gate.nd2=0.8"},
      {"hermes", "core.power=120"},
      {"fpga", "clock_max=300"},  // moves nothing: the control
      {"northpole", "serving.latency=1.2"},
  };
  for (const MovedCase& c : kCases) {
    SCOPED_TRACE(c.group);
    double before = 0, after = 0;
    for (const PublishedResult& result : AllResults()) {
      if (result.group != c.group || result.quantity == "conversions_per_mac" ||
          result.quantity == "cycle_seconds") {
        continue;
      }
      before = std::max(before, Error(result));
      after = std::max(after, Error(result, c.set));
    }
    if (std::string(c.group) == "fpga") {
      EXPECT_EQ(before, after);
    } else {
      EXPECT_GT(after, before + 0.05);
    }
  }
}

TEST(ReproductionTest, AnUnknownQuantityIsNamed) {
  PublishedResult result;
  result.name = "x";
  result.gemm = "1,1,1";
  result.sparsity = "dense";
  result.quantity = "beauty";
  const auto ours =
      ReproduceOn(*DeviceFile::Find("colonnade-65nm", ""), result);
  EXPECT_THAT(std::string(ours.status().message()),
              testing::HasSubstr("has no quantity \"beauty\""));
}

}  // namespace
}  // namespace mj
