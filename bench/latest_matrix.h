// The matrix that was loaded last, for cases that follow one another.
#ifndef MILLIJOULE_BENCH_LATEST_MATRIX_H_
#define MILLIJOULE_BENCH_LATEST_MATRIX_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "hw_backends/cpu/panel_matrices.h"
#include "hw_backends/cpu/worker_pool.h"
#include "kernels/kernel_table.h"

namespace mj {

class LatestMatrix final {
 public:
  struct Key {
    TensorType type = TensorType::kF32;
    Numerics numerics = Numerics::kF32;
    int64_t rows = 0, cols = 0;
    bool operator==(const Key&) const = default;
  };

  // Random weights, repacked, as matrix 0 of a store; made if the last call
  // asked for others.
  absl::StatusOr<std::shared_ptr<PanelMatrices>> Get(const Key& key,
                                                     const KernelTable& kernels,
                                                     WorkerPool& pool);

 private:
  Key key_;
  std::shared_ptr<PanelMatrices> matrix_;
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LATEST_MATRIX_H_
