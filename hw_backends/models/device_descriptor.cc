#include "hw_backends/models/device_descriptor.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "hw_backends/models/coefficient_fields.h"

namespace mj {
namespace {

constexpr int64_t kMostBits = 32;

std::vector<int64_t> ReadBits(CoefficientFields& fields,
                              const std::string& key) {
  std::vector<int64_t> bits = fields.Integers(key);
  const bool good = !bits.empty() && std::is_sorted(bits.begin(), bits.end()) &&
                    bits.front() >= 1 && bits.back() <= kMostBits;
  fields.Require(good, key, "must be ascending widths from 1 to 32 bits");
  return bits;
}

bool ReadSwitch(CoefficientFields& fields, const std::string& key) {
  const std::string word = fields.Text(key);
  fields.Require(word == "yes" || word == "no", key,
                 absl::StrCat("is \"", word, "\", must be yes or no"));
  return word == "yes";
}

void ReadSparsity(CoefficientFields& fields, DeviceDescriptor& device) {
  const std::string text = fields.Text("sparsity");
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    fields.Require(
        word == "dense" || word == "n:m" || word == "block", "sparsity",
        absl::StrCat("is \"", text, "\", must be words of dense, n:m, block"));
    device.takes_n_of_m |= word == "n:m";
    device.takes_block |= word == "block";
  }
}

ServingPoint ReadServing(CoefficientFields& fields) {
  return {.instances = fields.Positive("serving.instances", "count"),
          .users = fields.Positive("serving.users", "count"),
          .latency = Seconds(fields.Positive("serving.latency", "ms")),
          .power = Watts(fields.Positive("serving.power", "W"))};
}

bool TakesBits(const std::vector<int64_t>& taken, int bits) {
  return std::find(taken.begin(), taken.end(), bits) != taken.end();
}

bool IsDigital(const TileDevice& tile) {
  if (const auto* gates = std::get_if<GateTile>(&tile.unit)) {
    return gates->macro.adc_bits == 0;
  }
  return !tile.must_stay;  // cells that hold conductances are not exchanged
}

bool ComputesWith(const DeviceDescriptor& device, DeviceNumerics numerics) {
  const auto* tile = std::get_if<TileDevice>(&device.unit);
  if (numerics == DeviceNumerics::kFixedPoint) return tile == nullptr;
  const bool digital = numerics == DeviceNumerics::kDigital;
  return tile != nullptr && IsDigital(*tile) == digital;
}

void ReadNumerics(CoefficientFields& fields, DeviceDescriptor& device) {
  constexpr const char* kKey = "numerics";
  const std::string word = fields.Text(kKey);
  for (const DeviceNumerics known :
       {DeviceNumerics::kDigital, DeviceNumerics::kAnalog,
        DeviceNumerics::kFixedPoint}) {
    if (word == DeviceNumericsName(known)) device.numerics = known;
  }
  const std::string is = absl::StrCat("is \"", word, "\", ");
  fields.Require(device.numerics != DeviceNumerics::kNone, kKey,
                 is + "must be digital, analog or fixed-point");
  fields.Require(ComputesWith(device, device.numerics), kKey,
                 is + "but its family computes otherwise: colonnade, "
                      "rated-macro and imc-gates without an ADC are digital, "
                      "other arrays analog, lanes fixed-point");
  const bool takes_8 =
      TakesBits(device.input_bits, 8) && TakesBits(device.weight_bits, 8);
  fields.Require(device.numerics != DeviceNumerics::kDigital || takes_8, kKey,
                 is + "which needs input_bits and weight_bits with 8");
}

bool Takes(const DeviceDescriptor& device, Sparsity::Kind kind) {
  switch (kind) {
    case Sparsity::Kind::kDense:
      return true;
    case Sparsity::Kind::kNofM:
      return device.takes_n_of_m;
    case Sparsity::Kind::kBlock:
      return device.takes_block;
  }
  return false;
}

absl::Status CheckBits(const DeviceDescriptor& device, const char* what,
                       int bits, const std::vector<int64_t>& taken) {
  if (TakesBits(taken, bits)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      device.name, ": ", what, " of ", bits,
      " bits are not among those it takes: ", absl::StrJoin(taken, ", ")));
}

// What a tile's own geometry allows, beyond the list.
absl::Status CheckTile(const DeviceDescriptor& device, const DeviceOp& op) {
  const TileDevice* tile = std::get_if<TileDevice>(&device.unit);
  if (tile == nullptr) return absl::OkStatus();
  if (const auto* gates = std::get_if<GateTile>(&tile->unit)) {
    if (gates->macro.bits_per_cycle > op.input_bits) {
      return absl::InvalidArgumentError(
          absl::StrCat(device.name, ": inputs of ", op.input_bits,
                       " bits are fewer than bits_per_cycle, ",
                       gates->macro.bits_per_cycle));
    }
  }
  const TilePoint point = PointOf(*tile, op.input_bits, op.weight_bits);
  if (point.outputs >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(device.name, ": a weight of ", op.weight_bits,
                   " bits needs more columns than the array has"));
}

}  // namespace

absl::StatusOr<DeviceDescriptor> ReadDevice(CoefficientFile& file) {
  CoefficientFields fields(file);
  DeviceDescriptor device;
  device.name = fields.Text("name");
  fields.Require(
      device.name + ".toml" == file.name(), "name",
      absl::StrCat("is \"", device.name, "\", must be the file's own"));
  device.citation = fields.Text("citation");
  device.cannot = fields.Text("cannot");
  const std::string family = fields.Text("family");
  device.input_bits = ReadBits(fields, "input_bits");
  device.weight_bits = ReadBits(fields, "weight_bits");
  ReadSparsity(fields, device);
  device.takes_rotary = ReadSwitch(fields, "rotary");
  device.fuses_softmax = ReadSwitch(fields, "fused_softmax");
  if (file.Has("fused_mlp")) device.fuses_mlp = ReadSwitch(fields, "fused_mlp");
  device.around = ReadSurroundings(fields);
  if (file.Has("area")) device.area_mm2 = fields.Positive("area", "mm2");
  if (file.Has("serving.users")) device.serving = ReadServing(fields);
  fields.Keep(file.CheckNodes());
  if (IsTileFamily(family)) {
    device.unit = ReadTileDevice(family, file, fields);
  } else if (IsLaneFamily(family)) {
    device.unit = ReadLaneDevice(fields, device.around);
  } else {
    fields.Require(false, "family",
                   absl::StrCat("is \"", family,
                                "\", must be colonnade, imc-gates, "
                                "rated-macro, analog-core, crossbar or lanes"));
  }
  if (file.Has("numerics")) ReadNumerics(fields, device);
  fields.Keep(file.CheckAllRead());
  if (!fields.status().ok()) return fields.status();
  return device;
}

std::string_view DeviceNumericsName(DeviceNumerics numerics) {
  switch (numerics) {
    case DeviceNumerics::kNone:
      return "";
    case DeviceNumerics::kDigital:
      return "digital";
    case DeviceNumerics::kAnalog:
      return "analog";
    case DeviceNumerics::kFixedPoint:
      return "fixed-point";
  }
  return "";
}

int DefaultBits(const std::vector<int64_t>& bits) {
  return TakesBits(bits, 8) ? 8 : static_cast<int>(bits.back());
}

absl::Status CheckOp(const DeviceDescriptor& device, const DeviceOp& op) {
  absl::Status status =
      CheckBits(device, "inputs", op.input_bits, device.input_bits);
  status.Update(
      CheckBits(device, "weights", op.weight_bits, device.weight_bits));
  if (!status.ok()) return status;
  if (!Takes(device, op.sparsity.kind)) {
    return absl::InvalidArgumentError(absl::StrCat(
        device.name, ": weights sparse ", SparsityName(op.sparsity),
        " are not skipped by it; it takes dense",
        device.takes_n_of_m ? ", N:M" : "",
        device.takes_block ? ", block" : ""));
  }
  return CheckTile(device, op);
}

}  // namespace mj
