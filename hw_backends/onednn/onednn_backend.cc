#include "hw_backends/onednn/onednn_backend.h"

#include <omp.h>

#include "hw_backends/onednn/onednn_matrices.h"

namespace mj {

absl::StatusOr<std::unique_ptr<Backend>> MakeOneDnnBackend(
    const CpuBackendOptions& options) {
  return MakeCpuBackend(
      options,
      {.name = "onednn", .make_matrices = [](const KernelTable& kernels) {
         return std::make_unique<OneDnnMatrices>(kernels);
       }});
}

}  // namespace mj
