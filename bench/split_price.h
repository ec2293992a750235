// What a token costs when some layers of a model are on an analog device and
// the others on a digital one.
#ifndef MILLIJOULE_BENCH_SPLIT_PRICE_H_
#define MILLIJOULE_BENCH_SPLIT_PRICE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/models/device_descriptor.h"
#include "hw_backends/quantities.h"
#include "kernels/model_shape.h"

namespace mj {

// Parts are the layers, then the head.
class SplitPrice final {
 public:
  // INVALID_ARGUMENT: as DeviceModel::Create and PriceOp, in 8 bits.
  static absl::StatusOr<SplitPrice> Make(const DeviceDescriptor& analog,
                                         const DeviceDescriptor& digital,
                                         const ModelShape& model);

  // Of one token that nothing precedes: products with weights where their part
  // is, weights that a digital device cannot keep written again, and all else
  // as the analog device's other unit does it, whatever the split.
  Joules PerToken(const std::vector<bool>& analog) const;
  // Of all multiply-adds with weights, those of `part`.
  double MacShare(int part) const { return parts_[part].macs / macs_; }

 private:
  struct Part {
    double macs = 0;
    Joules analog{0}, digital{0}, digital_load{0};
    int64_t digital_tiles = 0;
  };

  std::vector<Part> parts_;
  double macs_ = 0;
  Joules other_{0};
  int64_t digital_tiles_ = 0;  // that the digital device has
};

}  // namespace mj

#endif  // MILLIJOULE_BENCH_SPLIT_PRICE_H_
