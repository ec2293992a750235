// Loads the real models for tests that need them, and drives one sequence
// through a model without an engine.
#ifndef MILLIJOULE_TESTS_REAL_MODEL_MODEL_FIXTURE_H_
#define MILLIJOULE_TESTS_REAL_MODEL_MODEL_FIXTURE_H_

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/loaded_model.h"
#include "kernels/numerics.h"

namespace mj {

// The file's path in the folder of models ($MILLIJOULE_MODEL_DIR, or the
// cache that deploy/quickstart.sh fills); "" where it is absent.
std::string FindModel(const std::string& file);
// What a skipped test says.
std::string MissingModel(const std::string& file);
// On the CPU backend, chosen instruction set and two threads; nullptr where
// the file is absent.
std::unique_ptr<LoadedModel> LoadForTest(const std::string& file,
                                         Numerics numerics);
// On a backend that takes steps of kMaxTestRows rows.
inline constexpr int kMaxTestRows = 512;
std::unique_ptr<LoadedModel> LoadForTest(
    const std::string& file, absl::StatusOr<std::unique_ptr<Backend>> backend);

// One sequence whose blocks are 0, 1, 2, ...
class SingleSequence {
 public:
  explicit SingleSequence(LoadedModel& model, int max_positions = 1024);

  // Runs `ids` after what is there; the sink gets the logits of every row, or
  // of the last.
  void Append(const std::vector<int32_t>& ids, bool all_logits,
              const LogitsSink& sink);

 private:
  LoadedModel& model_;
  std::vector<int32_t> block_table_;
  int position_ = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_REAL_MODEL_MODEL_FIXTURE_H_
