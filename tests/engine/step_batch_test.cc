#include "engine/step_batch.h"

#include <functional>

#include "gtest/gtest.h"

namespace mj {
namespace {

struct WantedCase {
  const char* name;
  std::function<void(Request&)> change;
  int want;
};

TEST(StepBatchTest, TheLargestLogitsAreEnoughWhereNothingTouchesOthers) {
  const WantedCase kCases[] = {
      {"plain sampling", [](Request&) {}, 0},
      {"greedy", [](Request& r) { r.sampling.temperature = 0; }, 1},
      {"top-k", [](Request& r) { r.sampling.top_k = 40; }, 40},
      {"long top-k", [](Request& r) { r.sampling.top_k = 500; }, 0},
      {"greedy with logprobs",
       [](Request& r) {
         r.sampling.temperature = 0;
         r.logprobs.generated = 0;
       },
       0},
      {"greedy with scored prompt",
       [](Request& r) {
         r.sampling.temperature = 0;
         r.logprobs.prompt = 5;
       },
       1},
      {"greedy with a penalty",
       [](Request& r) {
         r.sampling.temperature = 0;
         r.sampling.repetition_penalty = 1.2f;
       },
       0},
      {"top-k with a bias",
       [](Request& r) {
         r.sampling.top_k = 40;
         r.sampling.logit_bias = {{3, 1.0f}};
       },
       0},
      {"greedy, stops and least tokens",
       [](Request& r) {
         r.sampling.temperature = 0;
         r.stop.min_tokens = 5;
         r.stop.token_ids = {3};
       },
       1},
  };
  for (const WantedCase& c : kCases) {
    Request request;
    c.change(request);
    EXPECT_EQ(NumTopWanted(request), c.want) << c.name;
  }
}

}  // namespace
}  // namespace mj
