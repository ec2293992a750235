#include "tests/real_model/model_fixture.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "hw_backends/cpu/cpu_backend.h"

namespace mj {

std::string FindModel(const std::string& file) {
  std::string folder;
  if (const char* chosen = std::getenv("MILLIJOULE_MODEL_DIR")) {
    folder = chosen;
  } else if (const char* home = std::getenv("HOME")) {
    folder = std::string(home) + "/.cache/millijoule/models";
  }
  const std::string path = folder + "/" + file;
  return std::filesystem::exists(path) ? path : "";
}

std::string MissingModel(const std::string& file) {
  return file +
         " is not in $MILLIJOULE_MODEL_DIR; tests/run.sh downloads it there";
}

std::unique_ptr<LoadedModel> LoadForTest(const std::string& file,
                                         Numerics numerics) {
  return LoadForTest(file, MakeCpuBackend({.threads = 2,
                                           .numerics = numerics,
                                           .max_rows = kMaxTestRows}));
}

std::unique_ptr<LoadedModel> LoadForTest(
    const std::string& file, absl::StatusOr<std::unique_ptr<Backend>> backend) {
  const std::string path = FindModel(file);
  if (path.empty()) return nullptr;
  EXPECT_TRUE(backend.ok()) << backend.status();
  auto model = LoadModel(path, *std::move(backend), kMaxTestRows);
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

SingleSequence::SingleSequence(LoadedModel& model, int max_positions)
    : model_(model), block_table_(max_positions / kBlockSize) {
  std::iota(block_table_.begin(), block_table_.end(), 0);
  const absl::Status allocated =
      model.backend->AllocateKv(model.kv_shape, block_table_.size());
  EXPECT_TRUE(allocated.ok()) << allocated;
}

void SingleSequence::Append(const std::vector<int32_t>& ids, bool all_logits,
                            const LogitsSink& sink) {
  const int rows = ids.size();
  ForwardBatch batch{.tokens = ids};
  batch.sequences.push_back({.first_row = 0,
                             .num_rows = rows,
                             .start_position = position_,
                             .block_table = block_table_});
  for (int row = all_logits ? 0 : rows - 1; row < rows; ++row) {
    batch.logits_rows.push_back({row});
  }
  batch.shape.sequences.push_back(
      {.num_tokens = rows,
       .context_tokens = position_,
       .num_logits = static_cast<int>(batch.logits_rows.size())});
  model_.runner->Run(batch, sink);
  position_ += rows;
}

}  // namespace mj
