#include "hw_backends/cim/analog_matrices.h"

#include <cassert>
#include <utility>

namespace mj {
namespace {

uint64_t TensorOf(const MatrixRole& role) {
  return 8 * static_cast<uint64_t>(role.layer) +
         static_cast<uint64_t>(role.kind);
}

}  // namespace

absl::StatusOr<int> AnalogMatrices::LoadAs(MatrixRole role,
                                           std::span<const TensorView> parts,
                                           std::span<const TensorView> biases,
                                           WorkerPool& pool) {
  absl::StatusOr<PackedMatrix> packed = PackMatrix(parts, biases, pool, arena_);
  if (!packed.ok()) return packed.status();
  if (!options_.layers.Has(role)) {
    matrices_.emplace_back(*std::move(packed));
  } else {
    absl::StatusOr<AnalogMatrix> programmed = ProgramMatrix(
        *std::move(packed), TensorOf(role), device_, options_, pool, arena_);
    if (!programmed.ok()) return programmed.status();
    matrices_.emplace_back(*std::move(programmed));
  }
  return static_cast<int>(matrices_.size()) - 1;
}

const PackedMatrix& AnalogMatrices::Packed(int id) const {
  const auto* analog = std::get_if<AnalogMatrix>(&matrices_[id]);
  return analog != nullptr ? analog->packed
                           : std::get<PackedMatrix>(matrices_[id]);
}

void AnalogMatrices::ReadRow(int id, int64_t row, float* out) const {
  ReadMatrixRow(Packed(id), row, out);
}

void AnalogMatrices::Multiply(int id, const LinearOp& op, WorkerPool& pool) {
  const auto* analog = std::get_if<AnalogMatrix>(&matrices_[id]);
  if (analog == nullptr) {
    return digital_.Run(pool, std::get<PackedMatrix>(matrices_[id]), op);
  }
  assert(op.positions != nullptr);
  analog_products_.Choose(*analog, op.positions);
  analog_.Run(pool, analog->packed, op);
}

}  // namespace mj
