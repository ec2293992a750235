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
  if (std::find(taken.begin(), taken.end(), bits) != taken.end()) {
    return absl::OkStatus();
  }
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
  fields.Keep(file.CheckAllRead());
  if (!fields.status().ok()) return fields.status();
  return device;
}

int DefaultBits(const std::vector<int64_t>& bits) {
  const bool has_8 = std::find(bits.begin(), bits.end(), 8) != bits.end();
  return has_8 ? 8 : static_cast<int>(bits.back());
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
