// The CPU backend: repacked weights, a worker pool, and kernels chosen once
// for this CPU. Obeys the rule of bits for every number of threads.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_CPU_BACKEND_H_
#define MILLIJOULE_HW_BACKENDS_CPU_CPU_BACKEND_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "hw_backends/backend.h"
#include "hw_backends/cpu/matrix_store.h"
#include "kernels/kernel_table.h"
#include "kernels/kv_type.h"

namespace mj {

struct CpuBackendOptions {
  int threads = 1;  // the caller included
  // Steps of few rows may use fewer, as AllocateKv() measures.
  bool probe_threads = false;
  std::optional<Isa> isa;            // none: the widest this CPU has
  std::optional<Numerics> numerics;  // none: DefaultNumerics()
  std::optional<KvType> kv_type;     // none: f32 with f32 numerics, else bf16
  int max_rows = 1;                  // of a step
};

// Quantised weights are the exact integers and scales of the file in every
// numerics profile. The step's spans must live until EndStep().
// INVALID_ARGUMENT: a number is not positive, or this CPU lacks the ISA.
absl::StatusOr<std::unique_ptr<Backend>> MakeCpuBackend(
    const CpuBackendOptions& options);

using MatrixStoreFactory =
    std::function<std::unique_ptr<MatrixStore>(const KernelTable&)>;

// The same verbs with products by another store, which need not be
// batch-invariant. Null: panels.
absl::StatusOr<std::unique_ptr<Backend>> MakeCpuBackend(
    const CpuBackendOptions& options, const std::string& name,
    const MatrixStoreFactory& make_matrices);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_CPU_BACKEND_H_
