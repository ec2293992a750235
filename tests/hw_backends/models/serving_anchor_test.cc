#include "hw_backends/models/serving_anchor.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mj {
namespace {

// The platform is fitted to the batches 8 and 512; those between are predicted.
TEST(ServingAnchorTest, PublishedPointsBetweenAreWithin15Percent) {
  const auto anchors = CompiledAnchors("ml-energy-h100-llama-3.1-8b");
  ASSERT_TRUE(anchors.ok()) << anchors.status();
  ASSERT_EQ(anchors->size(), 1u);
  ASSERT_EQ((*anchors)[0].rows.size(), 6u);
  for (const AnchorRow& row : (*anchors)[0].rows) {
    SCOPED_TRACE(row.batch);
    EXPECT_EQ(row.calibrated, row.batch == 8 || row.batch == 512);
    const double within = row.calibrated ? 0.01 : 0.15;
    EXPECT_NEAR(row.predicted_energy / row.published_energy, 1, within);
    EXPECT_NEAR(row.predicted_itl / row.published_itl, 1, within);
    RecordProperty("joules_" + std::to_string(row.batch),
                   std::to_string(row.predicted_energy.value()));
  }
}

TEST(ServingAnchorTest, AnUnknownNameListsTheKnownOnes) {
  EXPECT_EQ(CompiledAnchors("nobody").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mj
