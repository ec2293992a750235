// Random GGUF rows of any type, with finite scales of useful size.
#ifndef MILLIJOULE_TESTS_KERNELS_RANDOM_WEIGHTS_H_
#define MILLIJOULE_TESTS_KERNELS_RANDOM_WEIGHTS_H_

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/tensor_view.h"

namespace mj {

inline constexpr TensorType kAllTensorTypes[] = {
    TensorType::kF32,  TensorType::kF16,  TensorType::kBF16, TensorType::kQ4_0,
    TensorType::kQ4_1, TensorType::kQ5_0, TensorType::kQ5_1, TensorType::kQ8_0,
    TensorType::kQ4_K, TensorType::kQ5_K, TensorType::kQ6_K};

// A matrix and the bytes it views.
struct RandomMatrix {
  std::vector<std::byte> bytes;
  TensorType type;
  int64_t rows, cols;
  TensorView view() const { return {type, rows, cols, bytes}; }
};

// Where a type's blocks hold halves that scale the rest.
inline std::vector<int> ScaleOffsets(TensorType type) {
  switch (type) {
    case TensorType::kQ4_0:
    case TensorType::kQ5_0:
    case TensorType::kQ8_0:
      return {0};
    case TensorType::kQ4_1:
    case TensorType::kQ5_1:
    case TensorType::kQ4_K:
    case TensorType::kQ5_K:
      return {0, 2};
    case TensorType::kQ6_K:
      return {208};
    default:
      return {};
  }
}

inline RandomMatrix MakeRandomMatrix(TensorType type, int64_t rows,
                                     int64_t cols, uint32_t seed) {
  std::mt19937 random(seed);
  RandomMatrix matrix{{}, type, rows, cols};
  matrix.bytes.resize(rows * RowBytes(type, cols));
  for (std::byte& byte : matrix.bytes) byte = static_cast<std::byte>(random());
  const auto put = [&](size_t at, const auto& value) {
    std::memcpy(matrix.bytes.data() + at, &value, sizeof value);
  };
  // Normal halves and bfloat16s of either sign, between 2^-9 and 2^-5.
  const auto half = [&] {
    return static_cast<uint16_t>((random() & 0x83FF) | (6 + random() % 4)
                                                           << 10);
  };
  const TensorTypeInfo& info = InfoOf(type);
  for (size_t at = 0; at < matrix.bytes.size(); at += info.block_bytes) {
    if (type == TensorType::kF32) {
      put(at, std::normal_distribution<float>(0, 0.1f)(random));
    } else if (type == TensorType::kF16) {
      put(at, half());
    } else if (type == TensorType::kBF16) {
      put(at, static_cast<uint16_t>((random() & 0x807F) | (118 + random() % 6)
                                                              << 7));
    }
    for (int offset : ScaleOffsets(type)) put(at + offset, half());
  }
  return matrix;
}

inline std::vector<float> RandomFloats(size_t count, uint32_t seed,
                                       float deviation = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_KERNELS_RANDOM_WEIGHTS_H_
