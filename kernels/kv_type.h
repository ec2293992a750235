// How the KV cache stores an element.
#ifndef MILLIJOULE_KERNELS_KV_TYPE_H_
#define MILLIJOULE_KERNELS_KV_TYPE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace mj {

enum class KvType {
  kF32,
  kBF16,  // bfloat16
  kF16,   // IEEE half precision
  kInt8,  // code * scale, a float32 scale per token and head
};
inline constexpr KvType kAllKvTypes[] = {KvType::kF32, KvType::kBF16,
                                         KvType::kF16, KvType::kInt8};

std::string_view KvTypeName(KvType type);  // "f32", "bf16", "f16", "int8"
std::optional<KvType> ParseKvType(std::string_view name);
int64_t KvElementBytes(KvType type);  // without scales

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_KV_TYPE_H_
