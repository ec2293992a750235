#include "hw_backends/models/platform_cost_model.h"

#include <cassert>
#include <cmath>
#include <utility>

namespace mj {
namespace {

constexpr double kMostWeights = 0.85;  // the rest is for KV
constexpr int kCornerSharpness = 4;

// g(f) of the header.
double FabricShare(Hertz corner, Hertz clock) {
  return std::pow(1 + std::pow(corner / clock, kCornerSharpness),
                  -1.0 / kCornerSharpness);
}

int64_t RoundUp(int64_t rows, int64_t tile) {
  return (rows + tile - 1) / tile * tile;
}

}  // namespace

int DevicesFor(int64_t weight_bytes, const PlatformDescriptor& platform) {
  const double room = kMostWeights * platform.usable_memory *
                      static_cast<double>(platform.memory_bytes);
  int devices = 1;
  while (static_cast<double>(weight_bytes) > room * devices) devices *= 2;
  return devices;
}

PlatformCostModel::PlatformCostModel(const ModelShape& model,
                                     const CostOptions& options,
                                     PlatformDescriptor platform,
                                     int num_devices)
    : platform_(std::move(platform)),
      cost_(model, options),
      num_devices_(num_devices) {
  assert(num_devices >= 1);
  const Work row = cost_.Marginal({.num_tokens = 1});
  const Work whole = cost_.Marginal({.num_tokens = 1, .num_hidden = 1});
  const Work with_logits = cost_.Marginal({.num_tokens = 1, .num_logits = 1});
  kv_bytes_per_token_ = row.kv_write_bytes;
  layer_operations_ = static_cast<double>(row.linear_operations);
  last_layer_operations_ =
      static_cast<double>(whole.linear_operations - row.linear_operations);
  head_operations_ = static_cast<double>(with_logits.linear_operations -
                                         whole.linear_operations);
  for (const Hertz clock : platform_.clocks) rates_.push_back(RatesAt(clock));
}

PlatformCostModel::ClockRates PlatformCostModel::RatesAt(Hertz clock) const {
  const PlatformDescriptor& p = platform_;
  const Hertz full = p.clocks.back();
  const double x = clock / full;
  const double v = RelativeVoltage(p, clock);
  const double fabric = FabricShare(p.bandwidth_corner, clock) /
                        FabricShare(p.bandwidth_corner, full);
  const double rate = std::pow(x, p.rate_exponent);
  const double n = num_devices_;
  return {
      .seconds_per_linear = 1 / (p.linear_per_second * rate * n),
      .seconds_per_other = 1 / (p.other_per_second * rate * n),
      .seconds_per_byte = 1 / (p.bytes_per_second * fabric * n),
      .joules_per_linear = p.linear_operation.value() * v * v,
      .joules_per_other = p.other_operation.value() * v * v,
      .joules_per_byte = p.memory_byte.value() + p.control_byte.value() * v * v,
      .idle = n * (p.idle_constant +
                   p.idle_leakage * std::pow(v, p.leakage_exponent) +
                   p.idle_clocking * (v * v * x)),
      .busy = n * (p.busy_constant + p.busy_clocking * (v * v * x)),
  };
}

StepDemand PlatformCostModel::DemandOf(const StepShape& step) const {
  const Work work = cost_.Total(step);
  const RowCounts rows = CountRows(step);
  const int64_t tile = platform_.tile_rows;
  StepDemand demand;
  demand.linear_operations = static_cast<double>(work.linear_operations);
  demand.padded_linear_operations =
      layer_operations_ * static_cast<double>(RoundUp(rows.all, tile)) +
      last_layer_operations_ * static_cast<double>(RoundUp(rows.whole, tile)) +
      head_operations_ * static_cast<double>(RoundUp(rows.logits, tile));
  demand.other_operations = static_cast<double>(work.other_operations);
  demand.weight_bytes = static_cast<double>(work.weight_bytes);
  demand.kv_bytes =
      static_cast<double>(work.kv_read_bytes + work.kv_write_bytes);
  demand.num_sequences = static_cast<int>(step.sequences.size());
  return demand;
}

Price PlatformCostModel::PriceAt(const StepDemand& d, int clock) const {
  const ClockRates& r = rates_[clock];
  const double computing = d.padded_linear_operations * r.seconds_per_linear;
  const double reading = d.weight_bytes * r.seconds_per_byte;
  const double attending = d.other_operations * r.seconds_per_other;
  const double caching = d.kv_bytes * r.seconds_per_byte;
  const Seconds device(std::sqrt(computing * computing + reading * reading) +
                       std::sqrt(attending * attending + caching * caching));
  const Seconds time = device + platform_.step_overhead +
                       d.num_sequences * platform_.sequence_overhead;
  const Joules dynamic(d.linear_operations * r.joules_per_linear +
                       d.other_operations * r.joules_per_other +
                       (d.weight_bytes + d.kv_bytes) * r.joules_per_byte);
  return {r.idle * time + r.busy * device + dynamic, time};
}

void PlatformCostModel::PriceAll(const StepDemand& demand,
                                 std::span<Price> prices) const {
  assert(std::ssize(prices) == num_clocks());
  for (int i = 0; i < num_clocks(); ++i) prices[i] = PriceAt(demand, i);
}

Seconds PlatformCostModel::WakeDropped(int64_t weight_bytes) const {
  return platform_.restart + Seconds(static_cast<double>(weight_bytes) /
                                     (platform_.reload_rate * num_devices_));
}

}  // namespace mj
