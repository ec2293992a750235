#include "hw_backends/models/device_coefficients.h"

#include <algorithm>
#include <limits>

namespace mj {
namespace {

constexpr int64_t kManyRows = 1024;  // units are busy all the time

struct ProductCost {
  Joules energy{0};  // without static power, and buffers
  Seconds time{0};
};

ProductCost CostOf(const DeviceModel& device, int64_t rows) {
  const DeviceCost cost = device.PriceProducts({rows, rows, rows});
  return {cost.joules.total() - cost.joules.idle - cost.joules.buffers,
          cost.time};
}

// Infinite where it takes no time.
double RateOf(double amount, Seconds time) {
  return time > Seconds(0) ? amount / time.count()
                           : std::numeric_limits<double>::infinity();
}

}  // namespace

StepCoefficients CoefficientsOf(const DeviceModel& device,
                                const ModelShape& model,
                                const CostOptions& options) {
  const ProductCost one = CostOf(device, 1), many = CostOf(device, kManyRows),
                    twice = CostOf(device, 2 * kManyRows);
  const ProductCost row{(twice.energy - many.energy) / kManyRows,
                        (twice.time - many.time) / kManyRows};
  const ProductCost pass{std::max(Joules(0), one.energy - row.energy),
                         std::max(Seconds(0), one.time - row.time)};
  const StepCost cost(model, options);
  const auto operations = static_cast<double>(
      cost.Marginal({.num_tokens = 1, .num_logits = 1}).linear_operations);
  const Work passes =
      cost.layer_pass() + cost.last_layer_pass() + cost.head_pass();
  const auto weight_bytes = static_cast<double>(passes.weight_bytes);
  const Surroundings& around = device.around();
  return {.linear_operation = row.energy / operations,
          .other_operation = around.other_operation,
          .linear_per_second = RateOf(operations, row.time),
          .other_per_second = around.other_per_second,
          .weight_byte = pass.energy / weight_bytes,
          .kv_byte = device.kv_byte(),
          .activation_byte = around.buffer_byte,
          .weight_bytes_per_second = RateOf(weight_bytes, pass.time),
          .kv_bytes_per_second = device.kv_bytes_per_second(),
          .busy_power = around.idle,
          .idle_power = around.idle,
          .calibration = device.device().calibration};
}

}  // namespace mj
