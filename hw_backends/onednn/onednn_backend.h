// oneDNN's matrix products behind the same verbs: for CPUs without kernels of
// our own, and the independent check of those we have. The other verbs are the
// CPU backend's.
#ifndef MILLIJOULE_HW_BACKENDS_ONEDNN_ONEDNN_BACKEND_H_
#define MILLIJOULE_HW_BACKENDS_ONEDNN_ONEDNN_BACKEND_H_

#include <memory>

#include "absl/status/statusor.h"
#include "hw_backends/backend.h"
#include "hw_backends/cpu/cpu_backend.h"

namespace mj {

// Numerics f32, with every weight dequantised to float32 at load (four bytes
// a weight). Not batch-invariant: oneDNN chooses its kernels, and with them
// the order of sums, by the number of rows.
absl::StatusOr<std::unique_ptr<Backend>> MakeOneDnnBackend(
    const CpuBackendOptions& options);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_ONEDNN_ONEDNN_BACKEND_H_
