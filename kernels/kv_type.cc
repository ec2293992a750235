#include "kernels/kv_type.h"

namespace mj {

std::string_view KvTypeName(KvType type) {
  switch (type) {
    case KvType::kF32:
      return "f32";
    case KvType::kBF16:
      return "bf16";
    case KvType::kF16:
      return "f16";
    case KvType::kInt8:
      return "int8";
  }
  return "unknown";
}

std::optional<KvType> ParseKvType(std::string_view name) {
  for (KvType type : kAllKvTypes) {
    if (name == KvTypeName(type)) return type;
  }
  return std::nullopt;
}

int64_t KvElementBytes(KvType type) {
  switch (type) {
    case KvType::kF32:
      return 4;
    case KvType::kBF16:
    case KvType::kF16:
      return 2;
    case KvType::kInt8:
      return 1;
  }
  return 0;
}

}  // namespace mj
