#include "hw_backends/models/lane_device.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "hw_backends/models/near_memory.h"
#include "hw_backends/models/voltage_table.h"

namespace mj {
namespace {

void ReadUnits(CoefficientFields& fields, LaneDevice& d) {
  d.lanes = {.inputs = fields.Whole("lanes.inputs", 0),
             .outputs = fields.Whole("lanes.outputs", 0),
             .depth = fields.Whole("lanes.depth", 0)};
  d.lane_bits = fields.Whole("lanes.weight_bits", 0);
  d.array = {.rows = fields.Whole("rows", 0),
             .cols = fields.Whole("columns", 0)};
  fields.Require((d.lanes.inputs == 0) == (d.lanes.outputs == 0),
                 "lanes.outputs", "and lanes.inputs must both be 0 or neither");
  fields.Require((d.array.rows == 0) == (d.array.cols == 0), "columns",
                 "and rows must both be 0 or neither");
  fields.Require(d.lanes.inputs > 0 || d.array.rows > 0, "lanes.inputs",
                 "and rows are 0: nothing computes");
  const std::string flow = fields.Text("dataflow");
  d.preloaded = flow == "ws-preloaded";
  if (flow == "os") d.dataflow = Dataflow::kOutputStationary;
  if (flow == "is") d.dataflow = Dataflow::kInputStationary;
  fields.Require(
      flow == "ws" || flow == "os" || flow == "is" || d.preloaded, "dataflow",
      absl::StrCat("is \"", flow, "\", must be ws, ws-preloaded, os or is"));
}

void ReadWeights(CoefficientFields& fields, const Surroundings& around,
                 LaneDevice& d) {
  const std::string live = fields.Text("weights.live");
  d.capacity = fields.Positive("weights.capacity", "GB");
  fields.Require(d.capacity >= 1, "weights.capacity", "is under a byte");
  const double efficiency = fields.Part("weights.efficiency");
  fields.Require(efficiency > 0, "weights.efficiency",
                 "is 0, must be positive");
  double peak = around.dram_bytes_per_second;
  d.weight_byte = around.dram_byte;
  if (live == "chip") {
    peak = fields.Positive("chip.bandwidth", "GB/s");
  } else if (live == "banks") {
    peak = BankBandwidth(fields.Positive("bank.count", "count"),
                         fields.Positive("bank.row", "KiB"),
                         Seconds(fields.Positive("bank.cycle", "ns")));
  } else {
    fields.Require(
        live == "dram", "weights.live",
        absl::StrCat("is \"", live, "\", must be dram, chip or banks"));
  }
  if (live != "dram") {
    d.live = live == "chip" ? WeightsLive::kOnChip : WeightsLive::kInBanks;
    d.weight_byte = Joules(fields.Number("chip.energy", "pJ/bit"));
  }
  d.bytes_per_second = efficiency * peak;
}

}  // namespace

bool IsLaneFamily(std::string_view family) { return family == "lanes"; }

LaneDevice ReadLaneDevice(CoefficientFields& fields,
                          const Surroundings& around) {
  LaneDevice d;
  ReadUnits(fields, d);
  d.clock = ReadClock(fields);
  d.mac = Joules(fields.Number("mac.energy", "pJ"));
  d.mac_bits = fields.Whole("mac.bits", 1);
  d.operand_moves = fields.Number("mac.moves", "ratio");
  ReadWeights(fields, around, d);
  d.hit = fields.Part("weights.hit");
  d.activated = fields.Part("weights.activated");
  d.index_bits = fields.Number("weights.index", "count");
  return d;
}

LanePlan::LanePlan(const LaneDevice& device, const Surroundings& around,
                   const DeviceOp& op)
    : device_(device),
      around_(around),
      n_(op.gemm.n),
      k_(op.gemm.k),
      input_bits_(op.input_bits),
      weight_bits_(op.weight_bits),
      density_(op.sparsity.density()),
      cycles_a_mac_(device.lane_bits == 0
                        ? 1
                        : static_cast<double>(op.weight_bits) /
                              static_cast<double>(device.lane_bits)) {
  weight_bytes_ =
      static_cast<double>(n_ * k_) * StoredBits(op, device.index_bits) / 8;
  activation_bytes_ = static_cast<double>(k_) * op.input_bits / 8 +
                      static_cast<double>(n_) * kOutputBytes;
  if (device.live == WeightsLive::kInDram) return;
  load_energy_ = weight_bytes_ * (around.dram_byte + device.weight_byte);
  load_time_ = Seconds(weight_bytes_ / around.dram_bytes_per_second);
}

Joules LanePlan::MacEnergy() const {
  const auto relative = [](double input_bits, double weight_bits) {
    return 0.2 * input_bits * weight_bits / 64 + 0.1;
  };
  const double own = static_cast<double>(device_.mac_bits);
  return relative(input_bits_, weight_bits_) / relative(own, own) * device_.mac;
}

Joules LanePlan::MovesEnergy() const {
  return device_.operand_moves * (input_bits_ + weight_bits_) /
         (2.0 * static_cast<double>(device_.mac_bits)) * device_.mac;
}

// Rows choose their weights independently, as tokens their experts.
double LanePlan::TouchedBytes(int64_t m) const {
  const double a = device_.activated;
  return weight_bytes_ *
         (a == 1 ? 1 : 1 - std::pow(1 - a, static_cast<double>(m)));
}

double LanePlan::ComputeCycles(int64_t m) const {
  const GemmShape gemm{m, n_, k_};
  double fewest = std::numeric_limits<double>::infinity();
  if (device_.lanes.inputs > 0) {
    GemvLanes lanes = device_.lanes;
    lanes.depth = 0;
    fewest = static_cast<double>(GemvCycles(lanes, gemm));
  }
  if (device_.array.rows > 0) {
    const int64_t cycles =
        device_.preloaded
            ? PreloadedSystolicCycles(device_.array, gemm)
            : SystolicCycles(device_.dataflow, device_.array, gemm);
    fewest = std::min(fewest, static_cast<double>(cycles));
  }
  return std::ceil(fewest * cycles_a_mac_ * density_ * device_.activated -
                   1e-9);
}

DeviceCost LanePlan::Cost(int64_t m) const {
  const double rows = static_cast<double>(m);
  DeviceCost cost;
  const double touched = TouchedBytes(m);
  const double streamed = touched * (1 - device_.hit);
  const double stream_cycles =
      streamed / device_.bytes_per_second * device_.clock.value();
  cost.cycles = std::max(ComputeCycles(m), std::ceil(stream_cycles - 1e-9)) +
                static_cast<double>(device_.lanes.depth);
  cost.time = Seconds(cost.cycles / device_.clock.value());
  cost.macs = rows * static_cast<double>(n_ * k_);
  const double done = cost.macs * density_ * device_.activated;
  cost.bytes.weights = touched;
  cost.bytes.activations = rows * activation_bytes_;
  cost.joules.macro.array = done * MacEnergy();
  cost.joules.noc = done * MovesEnergy();
  cost.joules.buffers = rows * activation_bytes_ * around_.buffer_byte;
  cost.joules.dram = streamed * device_.weight_byte;
  cost.joules.idle = around_.idle * cost.time;
  return cost;
}

double LanePlan::Utilisation(int64_t m) const {
  const double units = static_cast<double>(
      std::max(device_.lanes.macs_per_cycle(), device_.array.cells()));
  const DeviceCost cost = Cost(m);
  const double done = cost.macs * density_ * device_.activated;
  return std::min(1.0, done * cycles_a_mac_ / (units * cost.cycles));
}

}  // namespace mj
