// A model on disk: its config, its metadata and its weights, checked to fit
// together. Split models are opened by any of their parts.
#ifndef MILLIJOULE_ENGINE_MODEL_MODEL_FILE_H_
#define MILLIJOULE_ENGINE_MODEL_MODEL_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/architecture_tensors.h"
#include "engine/model/gguf_file.h"
#include "engine/model/model_config.h"
#include "engine/model/tensor_index.h"
#include "engine/model/weight_reduction.h"
#include "kernels/model_shape.h"
#include "kernels/tensor_view.h"

namespace mj {

// Vocabulary-only files have no model: use OpenGguf() and ReadVocabulary().
// Immutable but for Reduce() and Drop(): any thread may call.
class ModelFile final {
 public:
  // Checks that every tensor the config asks for is there in its shape, and
  // that there is none besides: what a decoder does not use, it would silently
  // get wrong. INVALID_ARGUMENT and NOT_FOUND name the file and the thing.
  static absl::StatusOr<ModelFile> Open(const std::string& path);

  const ModelConfig& config() const { return config_; }
  // The first part's, which describes the model.
  const Gguf& metadata() const { return parts_.front().gguf(); }
  const std::vector<GgufFile>& parts() const { return parts_; }

  // The rest: REQUIRES that Drop() was not called. Views live until then.
  bool Has(const std::string& name) const { return tensors_.contains(name); }
  const TensorIndex& tensors() const { return tensors_; }
  // NOT_FOUND, or INVALID_ARGUMENT with both shapes.
  absl::StatusOr<TensorView> Matrix(const std::string& name, int64_t rows,
                                    int64_t cols) const;
  absl::StatusOr<TensorView> Vector(const std::string& name,
                                    int64_t size) const;
  absl::StatusOr<TensorView> Tensor(const TensorSpec& spec) const;

  // Puts reduced copies in place of the matrices that `reduction` changes. What
  // no product reads stays: vectors, and the embedding, from which a tied head
  // parts. INVALID_ARGUMENT names the tensor, and then some may be
  // changed.
  absl::Status Reduce(const WeightReduction& reduction);

  // Unmaps the weights, once a backend has its own copy.
  void Drop();

 private:
  ModelFile() = default;
  absl::Status CheckTensors() const;
  absl::Status CheckRopeFactors() const;
  absl::Status CheckVocabulary() const;

  std::vector<GgufFile> parts_;
  TensorIndex tensors_;
  std::vector<std::vector<std::byte>> reduced_;
  ModelConfig config_;
};

// The model's sizes, with the bytes its weights take, reduced ones as they are.
ModelShape ShapeOf(const ModelConfig& config, const ModelFile& file);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_MODEL_FILE_H_
