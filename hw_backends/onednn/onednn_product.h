// One matrix multiplied by oneDNN's matmul primitive, its weights in the
// layout that the primitive likes best: what our own products are measured
// against. oneDNN 2.6 has no quantised weights on CPUs.
#ifndef MILLIJOULE_HW_BACKENDS_ONEDNN_ONEDNN_PRODUCT_H_
#define MILLIJOULE_HW_BACKENDS_ONEDNN_ONEDNN_PRODUCT_H_

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "kernels/numerics.h"

namespace mj {

// One thread at a time.
class OneDnnProduct final {
 public:
  // weights: [outputs, inputs], outlives the product. Numerics bf16 rounds
  // them once, and the activations of each call; sums are float32.
  // INVALID_ARGUMENT: other numerics than f32 and bf16, or sizes that disagree.
  static absl::StatusOr<std::unique_ptr<OneDnnProduct>> Create(
      Numerics numerics, std::span<const float> weights, int64_t outputs);
  ~OneDnnProduct();

  // y [rows, outputs] = x [rows, inputs] W^T on `threads` threads. The first
  // call with a number of rows makes its primitive, and repacks the weights if
  // it wants another layout.
  // UNIMPLEMENTED: oneDNN has no such product on this CPU.
  // RESOURCE_EXHAUSTED: no memory for the weights.
  absl::Status Multiply(std::span<const float> x, int threads,
                        std::span<float> y);

 private:
  struct Impl;
  explicit OneDnnProduct(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_ONEDNN_ONEDNN_PRODUCT_H_
