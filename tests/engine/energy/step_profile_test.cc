#include "engine/energy/step_profile.h"

#include <gtest/gtest.h>

#include "hw_backends/models/shape_file.h"

namespace mj {
namespace {

PlatformCostModel Model() {
  return PlatformCostModel(FindShape("llama-3.1-8b")->shape,
                           {.activation_bytes = 2}, *FindPlatform("a100-80g"),
                           1);
}

TEST(StepProfileTest, StraightLinesAreNearTheModelBetweenTheirPoints) {
  const PlatformCostModel model = Model();
  const auto profile = ProfilePlatform(model, 512, 1);
  ASSERT_EQ(std::ssize(profile), model.num_clocks());
  for (const int clock : {0, 10, model.full_clock()}) {
    for (const int batch : {1, 8, 40}) {
      for (const int context : {1, 500, 2000}) {
        StepShape step;
        step.sequences.assign(batch, {1, context, 1});
        const Seconds exact = model.PriceAt(model.DemandOf(step), clock).time;
        const Seconds line =
            PredictTime(profile[clock],
                        {double{1} * batch, double{1} * batch * context, 0});
        EXPECT_NEAR(line / exact, 1, 0.12) << clock << " " << batch;
      }
    }
    const StepShape chunk{{{512, 0, 1}}};
    EXPECT_NEAR(PredictTime(profile[clock], {0, 0, 512}) /
                    model.PriceAt(model.DemandOf(chunk), clock).time,
                1, 1e-9);
  }
}

TEST(StepProfileTest, ABiasIsInEveryNumber) {
  const auto right = ProfilePlatform(Model(), 512, 1);
  const auto wrong = ProfilePlatform(Model(), 512, 1.3);
  EXPECT_NEAR(wrong[3].base / right[3].base, 1.3, 1e-9);
  EXPECT_NEAR(wrong[3].full_step.energy / right[3].full_step.energy, 1.3, 1e-9);
}

}  // namespace
}  // namespace mj
