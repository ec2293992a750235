#include "hw_backends/models/device_price.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

constexpr int64_t kAllAtOnce = int64_t{1} << 40;  // tiles

StepDemand DemandOf(const PlatformDescriptor& platform, int64_t m, int64_t n,
                    int64_t k, double weight_bytes) {
  const double operations = 2.0 * static_cast<double>(n * k);
  const int64_t tile = platform.tile_rows;
  return {.linear_operations = operations * static_cast<double>(m),
          .padded_linear_operations =
              operations * static_cast<double>(CeilDiv(m, tile) * tile),
          .weight_bytes = weight_bytes,
          .num_sequences = 0};
}

PlatformDescriptor WithoutOverhead(PlatformDescriptor platform) {
  platform.step_overhead = platform.sequence_overhead = Seconds(0);
  return platform;
}

struct Pricer {
  const DeviceDescriptor& device;
  const DeviceOp& op;

  PricedOp operator()(const TileDevice& tile) const {
    const TilePlan whole(tile, device.around, op, kAllAtOnce);
    PricedOp priced;
    priced.placement = Place(device, 0, whole.folds());
    const Placement& p = priced.placement;
    Surroundings around = device.around;
    around.idle = static_cast<double>(p.devices) * around.idle;
    const TilePlan plan(tile, around, op, p.tiles_had * p.devices);
    priced.cost = plan.Cost(op.gemm.m);
    priced.utilisation = plan.utilisation();
    priced.placement.load_time = plan.load_time();
    priced.placement.load_energy = plan.load_energy();
    return priced;
  }

  PricedOp operator()(const LaneDevice& lanes) const {
    const LanePlan one(lanes, device.around, op);
    PricedOp priced;
    priced.placement = Place(device, one.weight_bytes(), 0);
    Surroundings around = device.around;
    around.idle = static_cast<double>(priced.placement.devices) * around.idle;
    const LanePlan plan(lanes, around, op);
    priced.cost = plan.Cost(op.gemm.m);
    priced.utilisation = plan.Utilisation(op.gemm.m);
    priced.placement.load_time = plan.load_time();
    priced.placement.load_energy = plan.load_energy();
    return priced;
  }

  PricedOp operator()(const PlatformUnit& unit) const {
    const PlatformPlan plan(unit, op);
    return {.cost = plan.Cost(op.gemm.m),
            .placement = Place(device, plan.weight_bytes(), 0),
            .utilisation = plan.Utilisation(op.gemm.m)};
  }
};

}  // namespace

PlatformPlan::PlatformPlan(const PlatformUnit& unit, const DeviceOp& op)
    : model_(ModelShape{}, CostOptions{}, WithoutOverhead(unit.platform), 1),
      clock_(unit.clock),
      n_(op.gemm.n),
      k_(op.gemm.k),
      input_bits_(op.input_bits),
      weight_bytes_(static_cast<double>(n_ * k_) * op.weight_bits / 8) {}

DeviceCost PlatformPlan::Cost(int64_t m) const {
  const PlatformDescriptor& p = model_.platform();
  const StepDemand demand = DemandOf(p, m, n_, k_, weight_bytes_);
  const Price price = model_.PriceAt(demand, clock_);
  const double v = RelativeVoltage(p, p.clocks[clock_]);
  DeviceCost cost;
  cost.time = price.time;
  cost.cycles = std::ceil(price.time.count() * p.clocks[clock_].value());
  cost.macs = demand.linear_operations / 2;
  cost.bytes.weights = weight_bytes_;
  cost.bytes.activations =
      static_cast<double>(m) *
      (static_cast<double>(k_) * input_bits_ / 8 + static_cast<double>(n_) * 4);
  JoulesByComponent& j = cost.joules;
  j.macro.array = v * v * demand.linear_operations * p.linear_operation;
  j.noc = v * v * weight_bytes_ * p.control_byte;
  j.dram = weight_bytes_ * p.memory_byte;
  j.idle = price.energy - j.macro.array - j.noc - j.dram;
  return cost;
}

double PlatformPlan::Utilisation(int64_t m) const {
  const PlatformDescriptor& p = model_.platform();
  const double rate =
      p.linear_per_second *
      std::pow(p.clocks[clock_] / p.clocks.back(), p.rate_exponent);
  const DeviceCost cost = Cost(m);
  return std::min(1.0, 2 * cost.macs / (rate * cost.time.count()));
}

DeviceCost CostOf(const MatrixPlan& plan, int64_t m) {
  return std::visit([m](const auto& p) { return p.Cost(m); }, plan);
}

Placement Place(const DeviceDescriptor& device, double weight_bytes,
                int64_t folds) {
  Placement p;
  if (const auto* tile = std::get_if<TileDevice>(&device.unit)) {
    p.tiles_needed = folds;
    p.tiles_had = tile->tiles;
    p.resident = tile->must_stay || folds <= tile->tiles;
    if (tile->must_stay) p.devices = CeilDiv(folds, tile->tiles);
    return p;
  }
  double capacity = 0;
  if (const auto* lanes = std::get_if<LaneDevice>(&device.unit)) {
    p.live = lanes->live;
    capacity = lanes->capacity;
  } else {
    const PlatformDescriptor& platform =
        std::get<PlatformUnit>(device.unit).platform;
    p.live = WeightsLive::kInDram;
    capacity =
        static_cast<double>(platform.memory_bytes) * platform.usable_memory;
  }
  p.tiles_had = 1;
  p.tiles_needed = static_cast<int64_t>(std::ceil(weight_bytes / capacity));
  p.devices = std::max<int64_t>(p.tiles_needed, 1);
  return p;
}

absl::StatusOr<PricedOp> PriceOp(const DeviceDescriptor& device,
                                 const DeviceOp& op) {
  if (absl::Status s = CheckOp(device, op); !s.ok()) return s;
  const PricedOp priced = std::visit(Pricer{device, op}, device.unit);
  if (!std::isfinite(priced.cost.time.count()) ||
      !std::isfinite(priced.cost.joules.total().value())) {
    return absl::InvalidArgumentError(absl::StrCat(
        device.name, ": its constants give no finite time and energy"));
  }
  return priced;
}

std::string_view WeightsLiveName(WeightsLive live) {
  switch (live) {
    case WeightsLive::kInArrays:
      return "in arrays";
    case WeightsLive::kOnChip:
      return "on chip";
    case WeightsLive::kInBanks:
      return "in memory banks";
    case WeightsLive::kInDram:
      return "in DRAM";
  }
  return "";
}

}  // namespace mj
