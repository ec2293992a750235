// Matrices of an analog compute-in-memory device: those of some layers in its
// cells, the others in digital units beside them, with the CPU's int8 results.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_ANALOG_MATRICES_H_
#define MILLIJOULE_HW_BACKENDS_CIM_ANALOG_MATRICES_H_

#include <deque>
#include <variant>

#include "hw_backends/cim/analog_products.h"
#include "hw_backends/cpu/cpu_products.h"
#include "hw_backends/cpu/linear_phase.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "hw_backends/cpu/matrix_store.h"

namespace mj {

class AnalogMatrices final : public MatrixStore {
 public:
  AnalogMatrices(const KernelTable& kernels, const AnalogDevice& device,
                 const AnalogOptions& options)
      : device_(device),
        options_(options),
        analog_products_(kernels, device, options.seed),
        digital_products_(kernels, Numerics::kInt8),
        analog_(kernels, analog_products_),
        digital_(kernels, digital_products_) {}

  absl::StatusOr<int> Load(std::span<const TensorView> parts,
                           std::span<const TensorView> biases,
                           WorkerPool& pool) override {
    return LoadAs({}, parts, biases, pool);
  }
  absl::StatusOr<int> LoadAs(MatrixRole role, std::span<const TensorView> parts,
                             std::span<const TensorView> biases,
                             WorkerPool& pool) override;
  absl::Status CheckModel(const ModelShape& shape) const override {
    return CheckFits(device_, shape, options_);
  }
  int64_t rows(int id) const override { return Packed(id).rows; }
  int64_t cols(int id) const override { return Packed(id).cols; }
  void ReadRow(int id, int64_t row, float* out) const override;
  // REQUIRES: op.positions
  void Multiply(int id, const LinearOp& op, WorkerPool& pool) override;

 private:
  const PackedMatrix& Packed(int id) const;

  const AnalogDevice device_;
  const AnalogOptions options_;
  AnalogProducts analog_products_;
  CpuProducts digital_products_;
  LinearPhase analog_, digital_;
  Arena arena_;
  // They stay where they are.
  std::deque<std::variant<PackedMatrix, AnalogMatrix>> matrices_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_ANALOG_MATRICES_H_
