// Runs a text through a model and stops after some layers to look: what
// training and judging an exit head have in common.
#ifndef MILLIJOULE_ENGINE_SPECULATE_WINDOWED_PASS_H_
#define MILLIJOULE_ENGINE_SPECULATE_WINDOWED_PASS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/loaded_model.h"

namespace mj {

// The text goes in disjoint windows of up to 1024 positions, each with the
// model's special tokens before it, and a window in chunks of the rows that a
// step may have. One thread.
class WindowedPass final {
 public:
  struct Chunk {
    int rows = 0;  // of the current step
    bool starts_window = false, ends_window = false;
  };
  // Called in a step, with the residual stream after layers[index].
  using AtLayer = std::function<void(size_t index, const Chunk&)>;
  // The same after the last layer.
  using AtEnd = std::function<void(const Chunk&)>;

  // Allocates the backend's KV cache for a window; errors are its own. `model`
  // outlives the pass. REQUIRES: layers ascend; model.decoder
  static absl::StatusOr<WindowedPass> Make(std::vector<int> layers,
                                           LoadedModel& model);

  void Run(std::span<const int32_t> ids, const AtLayer& at_layer,
           const AtEnd& at_end);

 private:
  WindowedPass(std::vector<int> layers, LoadedModel& model);
  void RunWindow(const std::vector<int32_t>& tokens, const AtLayer& at_layer,
                 const AtEnd& at_end);
  void RunChunk(const Chunk& chunk, const AtLayer& at_layer,
                const AtEnd& at_end);

  std::vector<int> layers_;
  LoadedModel* model_;
  std::vector<int32_t> start_;  // of every window
  int window_;
  std::vector<int32_t> table_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_WINDOWED_PASS_H_
