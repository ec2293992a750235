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
  // Of the inputs of products with quantised weights, which int8 numerics
  // round to 8 bits: 2, 4 or 8. 0: as the numerics have it.
  int activation_bits = 0;
  int max_rows = 1;  // of a step
};

// Quantised weights are the exact integers and scales of the file in every
// numerics profile. The step's spans must live until EndStep().
// INVALID_ARGUMENT: a number is not positive, this CPU lacks the ISA, or
// activation_bits are none of those or of other numerics than int8.
absl::StatusOr<std::unique_ptr<Backend>> MakeCpuBackend(
    const CpuBackendOptions& options);

// What a backend that runs on the CPU has of its own.
struct BackendParts {
  std::string name;
  Numerics numerics = Numerics::kF32;  // the only ones
  bool batch_invariant = false;
  // Puts the device's own in place of some kernels; null: the CPU's all.
  void (*change_kernels)(KernelTable&) = nullptr;
  std::function<std::unique_ptr<MatrixStore>(const KernelTable&)> make_matrices;
};

// The same verbs with products of another kind.
// INVALID_ARGUMENT also: other numerics than those of `parts`.
absl::StatusOr<std::unique_ptr<Backend>> MakeCpuBackend(
    const CpuBackendOptions& options, const BackendParts& parts);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_CPU_BACKEND_H_
