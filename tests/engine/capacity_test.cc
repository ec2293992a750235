#include "engine/capacity.h"

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_model.h"

namespace mj {
namespace {

struct CapacityCase {
  const char* name;
  std::function<void(EngineOptions&)> change;
  int num_blocks, max_model_len;
  const char* message;  // "": possible
};

// A model of 1,000 positions and 1,024 rows a step; blocks of 1,024 bytes.
const CapacityCase kCapacityCases[] = {
    {"as much as memory holds", [](EngineOptions&) {}, 100, 1000, ""},
    {"no more than sequences can fill",
     [](EngineOptions& o) { o.max_num_seqs = 2; }, 64, 1000, ""},
    {"shorter sequences",
     [](EngineOptions& o) { o.max_num_seqs = 2, o.max_model_len = 33; }, 4, 33,
     ""},
    {"one block and a bit", [](EngineOptions& o) { o.kv_memory_bytes = 2047; },
     1, 1000, ""},
    {"not a block", [](EngineOptions& o) { o.kv_memory_bytes = 1023; }, 0, 0,
     "kv-memory is 1023 bytes; one block of 32 tokens takes 1024"},
    {"longer than the model", [](EngineOptions& o) { o.max_model_len = 1001; },
     0, 0, "max-model-len is 1001; it must be from 0 to 1000"},
    {"more rows than the model",
     [](EngineOptions& o) { o.max_batched_tokens = 2000; }, 0, 0,
     "max-batched-tokens is 2000; it must be from 1 to 1024"},
    {"no sequences", [](EngineOptions& o) { o.max_num_seqs = 0; }, 0, 0,
     "max-num-seqs is 0"},
    {"no queue", [](EngineOptions& o) { o.max_queue = 0; }, 0, 0,
     "max-queue is 0"},
};

TEST(PlanCapacityTest, NamedCases) {
  FakeRunnerLog log;
  const auto model = MakeFakeModel(log, /*context_length=*/1000);
  for (const CapacityCase& c : kCapacityCases) {
    SCOPED_TRACE(c.name);
    EngineOptions options;
    options.kv_memory_bytes = 100 * FakeBackend::kBytesPerBlock;
    c.change(options);
    const absl::StatusOr<Capacity> got =
        PlanCapacity(options, *model, /*draft=*/nullptr);
    ASSERT_EQ(got.ok(), std::string(c.message).empty()) << got.status();
    EXPECT_THAT(std::string(got.status().message()),
                testing::HasSubstr(c.message));
    if (!got.ok()) continue;
    EXPECT_EQ(got->num_blocks, c.num_blocks);
    EXPECT_EQ(got->options.max_model_len, c.max_model_len);
  }
}

TEST(PlanCapacityTest, ADraftModelHasItsBlocksInTheSameMemory) {
  FakeRunnerLog log;
  const auto model = MakeFakeModel(log), draft = MakeFakeModel(log);
  EngineOptions options;
  options.kv_memory_bytes = 100 * FakeBackend::kBytesPerBlock;
  const auto both = PlanCapacity(options, *model, draft.get());
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(both->num_blocks, 50);
  options.kv_memory_bytes = 2 * FakeBackend::kBytesPerBlock - 1;
  const absl::Status small =
      PlanCapacity(options, *model, draft.get()).status();
  EXPECT_EQ(small.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(small.message()),
              testing::HasSubstr("kv-memory is 2047 bytes; one block of 32 "
                                 "tokens takes 1024, and 1024 of the draft "
                                 "model fake: 2048"));
}

TEST(PlanCapacityTest, AWindowIsAllThatASequenceNeeds) {
  struct Case {
    const char* name;
    std::vector<int> windows;
    int num_blocks, window, kv_tokens, most_blocks;
  };
  const Case kCases[] = {
      {"no window", {0, 0}, 100, 0, 3200, INT_MAX},
      {"of some layers", {64, 0}, 100, 0, 3200, INT_MAX},
      {"of all, with a step's rows", {64, 64}, 100, 64, 8192, 3 + 16},
      {"no more than there are", {64, 64}, 10, 64, 8192, 10},
      {"more than there are", {4096, 4096}, 10, 4096, 320, 10},
  };
  FakeRunnerLog log;
  const auto model = MakeFakeModel(log);
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    model->config.windows = c.windows;
    EngineOptions options;
    options.kv_memory_bytes = c.num_blocks * FakeBackend::kBytesPerBlock;
    const auto got = PlanCapacity(options, *model, nullptr);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->window, c.window);
    EXPECT_EQ(got->kv_tokens, c.kv_tokens);
    EXPECT_EQ(ScheduleOf(*got).most_blocks, c.most_blocks);
  }
}

}  // namespace
}  // namespace mj
