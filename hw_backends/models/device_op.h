// What is asked of a device: one product with weights, at a precision and
// sparsity.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_OP_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_OP_H_

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "hw_backends/models/gemm_shape.h"

namespace mj {

// Which weights are kept.
//   N:M    of each `of` weights along K, `kept` (Mishra et al. 2021)
//   block  of `of` square blocks, `kept`; a block is all there or all 0
struct Sparsity {
  enum class Kind { kDense, kNofM, kBlock };
  Kind kind = Kind::kDense;
  int kept = 1, of = 1;

  double density() const { return static_cast<double>(kept) / of; }
  bool prunes() const { return kind != Kind::kDense && kept < of; }
};

// "dense", "2:4" or "block:3/4". INVALID_ARGUMENT otherwise.
absl::StatusOr<Sparsity> ParseSparsity(std::string_view text);
std::string SparsityName(const Sparsity& sparsity);  // as it is parsed

struct DeviceOp {
  GemmShape gemm;
  int input_bits = 8, weight_bits = 8;
  Sparsity sparsity{};
};

// Bits that a weight of the whole matrix takes in a memory, on average: those
// kept with `index_bits` beside each, or all, zeros too, where that is less.
// Who skips zeros finds them either way.
inline double StoredBits(const DeviceOp& op, double index_bits) {
  const double all = op.weight_bits;
  if (!op.sparsity.prunes()) return all;
  return std::min(all, op.sparsity.density() * (all + index_bits));
}

// "M,N,K", each a whole number from 1 to 2^20. INVALID_ARGUMENT otherwise.
absl::StatusOr<GemmShape> ParseGemm(std::string_view text);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_DEVICE_OP_H_
