#include "bench/decoding_load.h"

#include <gtest/gtest.h>

namespace mj {
namespace {

DecodingLoadOptions Options() {
  return {.sequences = 33, .blocks = 6, .shared_blocks = 4};
}

TEST(DecodingLoadTest, SharesWhatItSaysInTheMeanOfItsSteps) {
  auto load = DecodingLoad::Create(Options());
  ASSERT_TRUE(load.ok()) << load.status();
  double shared = 0;
  for (int i = 0; i < DecodingLoad::kSteps; ++i) {
    (*load)->Step();
    shared += (*load)->shared_share() / DecodingLoad::kSteps;
  }
  EXPECT_NEAR(shared, 4.0 / 6, 0.02);
}

TEST(DecodingLoadTest, NothingIsSharedWithoutThePrefixCache) {
  DecodingLoadOptions options = Options();
  options.prefix_cache = false;
  auto load = DecodingLoad::Create(options);
  ASSERT_TRUE(load.ok()) << load.status();
  (*load)->Step();
  EXPECT_EQ((*load)->shared_share(), 0);
}

TEST(DecodingLoadTest, ReplacedSequencesGoOnSharing) {
  DecodingLoadOptions options = Options();
  options.replace = true;
  auto load = DecodingLoad::Create(options);
  ASSERT_TRUE(load.ok()) << load.status();
  for (int i = 0; i < 2 * options.sequences; ++i) {
    const StepSeconds seconds = (*load)->Step();
    EXPECT_GT(seconds.replace, 0);
    EXPECT_GT(seconds.scheduling(), seconds.replace);
  }
  EXPECT_GT((*load)->shared_share(), 0.6);
}

TEST(DecodingLoadTest, WantsTwoBlocksOfEachSequencesOwn) {
  DecodingLoadOptions options = Options();
  options.shared_blocks = 5;
  const auto load = DecodingLoad::Create(options);
  ASSERT_FALSE(load.ok());
  EXPECT_EQ(load.status().message(),
            "a sequence of 6 blocks shares 5 of them; two must be its own");
}

}  // namespace
}  // namespace mj
