#include "hw_backends/models/tile_device.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "hw_backends/models/voltage_table.h"

namespace mj {
namespace {

constexpr double kPartialBytes = 4;  // int32 sums between tiles

ColonnadeTile ReadColonnade(const CoefficientFile& file,
                            CoefficientFields& fields) {
  ColonnadeTile t;
  t.macro.rows = fields.Whole("rows", 1);
  t.macro.columns = fields.Whole("columns", 1);
  t.macro.registers = fields.Whole("registers", 1);
  fields.Require(t.macro.registers <= t.macro.rows, "registers",
                 "must be at most rows");
  const OperatingPoint point =
      ReadOperatingPoint(file, fields, PointHolds::kEnergyAndDelay, "fJ");
  t.macro.delay = point.delay;
  // The points give 1-bit inputs times 8-bit weights, a MAC.
  constexpr int kPointBits = 8;
  const int64_t side_by_side = ColonnadeWeights(t.macro, kPointBits);
  fields.Require(side_by_side >= 1, "columns", "hold no 8-bit weight");
  t.cycle_energy =
      static_cast<double>(t.macro.rows * side_by_side) * point.energy;
  t.driver_part = fields.Part("energy.drivers");
  t.control_part = fields.Part("energy.control");
  fields.Require(t.driver_part + t.control_part <= 1, "energy.control",
                 "and energy.drivers are over 1");
  return t;
}

GateTile ReadGates(const CoefficientFile& file, CoefficientFields& fields) {
  GateTile t;
  t.gates = {
      .volts = ReadOperatingPoint(file, fields, PointHolds::kVolts).volts,
      .nd2_farad = fields.Positive("gate.nd2", "fF"),
      .xor2_farad = fields.Positive("gate.xor2", "fF"),
      .dff_farad = fields.Positive("gate.dff", "fF"),
      .bitline_farad = fields.Number("gate.bitline", "fF"),
      .nd2 = Seconds(fields.Positive("delay.nd2", "ns")),
      .xor2 = Seconds(fields.Positive("delay.xor2", "ns"))};
  t.macro = {
      .inputs = fields.Whole("rows", 1),
      .outputs = fields.Whole("columns", 1),
      .bits_per_cycle = static_cast<int>(fields.Whole("bits_per_cycle", 1)),
      .adc_bits = static_cast<int>(fields.Whole("adc.bits", 0))};
  const auto power_of_two = [&fields](int64_t value, const char* key) {
    fields.Require(std::has_single_bit(static_cast<uint64_t>(value)), key,
                   "must be a power of two");
  };
  power_of_two(t.macro.inputs, "rows");
  power_of_two(t.macro.bits_per_cycle, "bits_per_cycle");
  fields.Require(t.macro.bits_per_cycle <= 8, "bits_per_cycle", "is over 8");
  fields.Require(t.macro.adc_bits <= 16, "adc.bits", "is over 16");
  return t;
}

RatedTile ReadRated(const CoefficientFile& file, CoefficientFields& fields) {
  RatedTile t;
  t.inputs = fields.Whole("rows", 1);
  t.outputs = fields.Whole("columns", 1);
  t.operations_per_cycle = fields.Positive("rate", "op/cycle");
  t.clock = ReadClock(fields);
  t.operation =
      ReadOperatingPoint(file, fields, PointHolds::kEnergy, "fJ/op").energy;
  return t;
}

// [phases.1], [phases.4]: a vector in as many phases takes as long.
AnalogCore ReadAnalogCore(const CoefficientFile& file,
                          CoefficientFields& fields) {
  AnalogCore core;
  core.inputs = fields.Whole("rows", 1);
  core.outputs = fields.Whole("columns", 1);
  const int64_t phases = fields.Whole("phases", 1);
  const std::string key = "vector." + std::to_string(phases);
  for (const std::string& known : file.Keys("vector.")) {
    const double time = fields.Positive(known, "ns");
    if (known == key) core.vector = Seconds(time);
  }
  fields.Require(core.vector.count() > 0, "phases",
                 "is " + std::to_string(phases) + ", and there is no " + key);
  core.power = Watts(fields.Positive("core.power", "mW"));
  core.conversion = Joules(fields.Number("adc.energy", "pJ"));
  const Joules total = core.power * core.vector;
  fields.Require(core.conversion * static_cast<double>(core.outputs) <= total,
                 "adc.energy", "of all outputs is over the core's energy");
  return core;
}

Crossbar ReadCrossbar(CoefficientFields& fields) {
  Crossbar c;
  c.rows = fields.Whole("rows", 1);
  c.columns = fields.Whole("columns", 1);
  c.cell_bits = static_cast<int>(fields.Whole("cell_bits", 1));
  c.dac_bits = static_cast<int>(fields.Whole("dac_bits", 1));
  c.conversions_per_second = fields.Positive("adc.rate", "Gsample/s");
  c.conversion = Joules(fields.Number("adc.energy", "pJ"));
  c.row_drive = Joules(fields.Number("dac.energy", "pJ"));
  c.shift_and_add = Joules(fields.Number("adder.energy", "pJ"));
  c.read = Joules(fields.Number("array.energy", "pJ"));
  return c;
}

struct Points {
  int input_bits, weight_bits;

  TilePoint operator()(const ColonnadeTile& t) const {
    const double array = 1 - t.driver_part - t.control_part;
    return {.inputs = t.macro.rows,
            .outputs = ColonnadeWeights(t.macro, weight_bits),
            .cycles_per_vector = static_cast<double>(input_bits),
            .cycle = ColonnadeCycle(t.macro, weight_bits),
            .energy = {.array = (array + t.driver_part) * t.cycle_energy,
                       .control = t.control_part * t.cycle_energy}};
  }

  TilePoint operator()(const GateTile& t) const {
    const MacroCycle cycle =
        ImcCycle(t.gates, t.macro, input_bits, weight_bits);
    return {.inputs = t.macro.inputs,
            .outputs = t.macro.outputs,
            .cycles_per_vector = static_cast<double>(
                CeilDiv(input_bits, t.macro.bits_per_cycle)),
            .cycle = cycle.time,
            .energy = cycle.energy};
  }

  TilePoint operator()(const RatedTile& t) const {
    const double operations = 2.0 * static_cast<double>(t.inputs * t.outputs);
    return {.inputs = t.inputs,
            .outputs = t.outputs,
            .cycles_per_vector = operations / t.operations_per_cycle,
            .cycle = Seconds(1 / t.clock.value()),
            .energy = {.array = t.operations_per_cycle * t.operation}};
  }

  TilePoint operator()(const AnalogCore& t) const {
    const Joules adc = static_cast<double>(t.outputs) * t.conversion;
    return {.inputs = t.inputs,
            .outputs = t.outputs,
            .cycles_per_vector = 1,
            .cycle = t.vector,
            .energy = {.array = t.power * t.vector - adc, .adc = adc}};
  }

  TilePoint operator()(const Crossbar& t) const {
    const double columns = static_cast<double>(t.columns);
    return {.inputs = t.rows,
            .outputs = t.columns / CeilDiv(weight_bits, t.cell_bits),
            .cycles_per_vector =
                static_cast<double>(CeilDiv(input_bits, t.dac_bits)),
            .cycle = Seconds(columns / t.conversions_per_second),
            .energy = {.array = t.read,
                       .adc = columns * t.conversion +
                              static_cast<double>(t.rows) * t.row_drive,
                       .adders = columns * t.shift_and_add}};
  }
};

}  // namespace

bool IsTileFamily(std::string_view family) {
  for (const std::string_view known :
       {"colonnade", "imc-gates", "rated-macro", "analog-core", "crossbar"}) {
    if (family == known) return true;
  }
  return false;
}

TileDevice ReadTileDevice(std::string_view family, const CoefficientFile& file,
                          CoefficientFields& fields) {
  TileDevice d;
  if (family == "colonnade") d.unit = ReadColonnade(file, fields);
  if (family == "imc-gates") d.unit = ReadGates(file, fields);
  if (family == "rated-macro") d.unit = ReadRated(file, fields);
  if (family == "analog-core") d.unit = ReadAnalogCore(file, fields);
  if (family == "crossbar") d.unit = ReadCrossbar(fields);
  d.must_stay = family == "analog-core" || family == "crossbar";
  d.tiles = fields.Whole("tiles", 1);
  d.depth = fields.Whole("depth", 0);
  d.activity = fields.Part("activity");
  if (file.Has("reference_activity")) {
    d.reference_activity = fields.Part("reference_activity");
    fields.Require(d.activity > 0 && d.reference_activity > 0,
                   "reference_activity", "and activity must be positive");
  }
  const std::string gated = fields.Text("gated");
  d.gated = gated == "yes";
  fields.Require(d.gated || gated == "no", "gated", "must be yes or no");
  d.write_byte = Joules(fields.Number("write.energy", "pJ/byte"));
  d.write_row = Seconds(fields.Number("write.row", "ns"));
  return d;
}

TilePoint PointOf(const TileDevice& device, int input_bits, int weight_bits) {
  return std::visit(Points{input_bits, weight_bits}, device.unit);
}

double ConversionsPerMac(const TileDevice& device, int input_bits,
                         int weight_bits) {
  if (const auto* core = std::get_if<AnalogCore>(&device.unit)) {
    return 1.0 / static_cast<double>(core->inputs);
  }
  const auto* c = std::get_if<Crossbar>(&device.unit);
  if (c == nullptr) return 0;
  return static_cast<double>(CeilDiv(input_bits, c->dac_bits) *
                             CeilDiv(weight_bits, c->cell_bits)) /
         static_cast<double>(c->rows);
}

TilePlan::TilePlan(const TileDevice& device, const Surroundings& around,
                   const DeviceOp& op, int64_t tiles)
    : point_(PointOf(device, op.input_bits, op.weight_bits)),
      around_(around),
      depth_(device.depth) {
  const int64_t n = op.gemm.n, k = op.gemm.k;
  const bool rows_skip = op.sparsity.kind == Sparsity::Kind::kNofM;
  const int64_t inputs =
      rows_skip ? CeilDiv(k * op.sparsity.kept, op.sparsity.of) : k;
  const int64_t k_folds = CeilDiv(inputs, point_.inputs);
  folds_ = k_folds * CeilDiv(n, point_.outputs);
  if (op.sparsity.kind == Sparsity::Kind::kBlock) {
    folds_ = CeilDiv(folds_ * op.sparsity.kept, op.sparsity.of);
  }
  waves_ = CeilDiv(folds_, std::max<int64_t>(tiles, 1));
  macs_ = static_cast<double>(n * k);
  const double kept = macs_ * op.sparsity.density();
  const double cells =
      static_cast<double>(folds_ * point_.inputs * point_.outputs);
  utilisation_ = std::min(1.0, kept / cells);
  const int index_bits = rows_skip ? CeilLog2(op.sparsity.of) : 0;
  weight_bytes_ = macs_ * StoredBits(op, index_bits) / 8;
  activation_bytes_ = static_cast<double>(k) * op.input_bits / 8 +
                      static_cast<double>(n) * kOutputBytes;
  partial_bytes_ = static_cast<double>(n * (k_folds - 1)) * kPartialBytes;
  vector_energy_ = static_cast<double>(folds_) * point_.cycles_per_vector *
                   device.activity * (device.gated ? utilisation_ : 1.0) *
                   point_.energy;
  load_energy_ = weight_bytes_ * (around.dram_byte + device.write_byte);
  const Seconds writing =
      static_cast<double>(waves_ * point_.inputs) * device.write_row;
  load_time_ =
      std::max(Seconds(weight_bytes_ / around.dram_bytes_per_second), writing);
}

DeviceCost TilePlan::Cost(int64_t m) const {
  const double rows = static_cast<double>(m);
  DeviceCost cost;
  cost.cycles = static_cast<double>(waves_) *
                (std::ceil(rows * point_.cycles_per_vector - 1e-9) +
                 static_cast<double>(depth_));
  cost.time = cost.cycles * point_.cycle;
  cost.macs = rows * macs_;
  cost.bytes.weights = weight_bytes_;
  cost.bytes.activations = rows * activation_bytes_;
  cost.joules.macro = rows * vector_energy_;
  cost.joules.buffers = rows * activation_bytes_ * around_.buffer_byte;
  cost.joules.noc = rows * partial_bytes_ * around_.noc_byte;
  cost.joules.idle = around_.idle * cost.time;
  return cost;
}

}  // namespace mj
