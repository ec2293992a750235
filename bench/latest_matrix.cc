#include "bench/latest_matrix.h"

#include <utility>

#include "bench/random_matrix.h"

namespace mj {

absl::StatusOr<std::shared_ptr<PanelMatrices>> LatestMatrix::Get(
    const Key& key, const KernelTable& kernels, WorkerPool& pool) {
  if (matrix_ != nullptr && key == key_) return matrix_;
  matrix_.reset();  // its memory first
  const absl::StatusOr<RandomMatrix> weights =
      RandomMatrix::Make(key.type, key.rows, key.cols);
  if (!weights.ok()) return weights.status();
  auto matrix = std::make_shared<PanelMatrices>(kernels, key.numerics);
  const TensorView view = weights->view();
  const absl::StatusOr<int> id = matrix->Load({&view, 1}, {}, pool);
  if (!id.ok()) return id.status();
  key_ = key;
  matrix_ = std::move(matrix);
  return matrix_;
}

}  // namespace mj
