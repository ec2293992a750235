#include "engine/model/gguf_layout.h"

#include <algorithm>
#include <bit>

#include "absl/status/statusor.h"
#include "engine/model/invalid.h"

namespace mj {
namespace {

constexpr int64_t kDefaultAlignment = 32;  // the specification's
constexpr int64_t kMaxAlignment = 1 << 20;

absl::StatusOr<uint64_t> ReadAlignment(const GgufValue* value) {
  if (value == nullptr) return kDefaultAlignment;
  auto alignment = AsInteger(*value);
  if (!alignment.ok()) {
    return Invalid("general.alignment ", alignment.status().message());
  }
  if (*alignment < 8 || *alignment > kMaxAlignment ||
      !std::has_single_bit(static_cast<uint64_t>(*alignment))) {
    return Invalid("general.alignment is ", *alignment,
                   ", needs a power of two from 8 to ", kMaxAlignment);
  }
  return *alignment;
}

absl::Status CheckOverlaps(const std::vector<GgufTensor>& tensors) {
  std::vector<const GgufTensor*> order;
  order.reserve(tensors.size());
  for (const GgufTensor& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(),
            [](auto* a, auto* b) { return a->offset < b->offset; });
  for (size_t i = 1; i < order.size(); ++i) {
    if (order[i - 1]->offset + order[i - 1]->bytes > order[i]->offset) {
      return Invalid("tensors ", Quoted(order[i - 1]->name), " and ",
                     Quoted(order[i]->name), " overlap at byte ",
                     order[i]->offset);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status PlaceTensors(const GgufValue* alignment, uint64_t head_bytes,
                          uint64_t file_size,
                          std::vector<GgufTensor>& tensors) {
  auto unit = ReadAlignment(alignment);
  if (!unit.ok()) return unit.status();
  // No overflow: both are far below 2^63.
  const uint64_t data = (head_bytes + *unit - 1) & ~(*unit - 1);
  const uint64_t room = file_size > data ? file_size - data : 0;
  for (GgufTensor& tensor : tensors) {
    if (tensor.offset % *unit != 0) {
      return Invalid("tensor ", Quoted(tensor.name), " has offset ",
                     tensor.offset, ", needs a multiple of ", *unit);
    }
    if (tensor.offset > room || tensor.bytes > room - tensor.offset) {
      return Invalid("tensor ", Quoted(tensor.name), " has ", tensor.bytes,
                     " bytes at offset ", tensor.offset,
                     " of the data section, which holds only ", room,
                     ": the file is truncated or corrupt");
    }
    tensor.offset += data;
  }
  return CheckOverlaps(tensors);
}

}  // namespace mj
