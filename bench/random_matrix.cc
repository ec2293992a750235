#include "bench/random_matrix.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <span>
#include <utility>

namespace mj {
namespace {

constexpr int64_t kOwnRows = 64;  // different ones, before they repeat

// Where a block holds halves that scale the rest (GGUF's block formats).
std::vector<int> HalvesOf(TensorType type) {
  switch (type) {
    case TensorType::kQ4_0:
    case TensorType::kQ5_0:
    case TensorType::kQ8_0:
    case TensorType::kF16:
      return {0};
    case TensorType::kQ4_1:
    case TensorType::kQ5_1:
    case TensorType::kQ4_K:
    case TensorType::kQ5_K:
      return {0, 2};
    case TensorType::kQ6_K:
      return {208};
    case TensorType::kF32:
    case TensorType::kBF16:
      return {};
  }
  return {};
}

// Between 2^-9 and 2^-7, of either sign.
void PutFloat(std::mt19937& random, std::byte* at) {
  const auto bits = static_cast<uint32_t>((random() & 0x807FFFFF) |
                                          (118 + random() % 2) << 23);
  std::memcpy(at, &bits, sizeof bits);
}

void PutBFloat16(std::mt19937& random, std::byte* at) {
  const auto bits =
      static_cast<uint16_t>((random() & 0x807F) | (118 + random() % 2) << 7);
  std::memcpy(at, &bits, sizeof bits);
}

void PutHalf(std::mt19937& random, std::byte* at) {
  const auto bits =
      static_cast<uint16_t>((random() & 0x83FF) | (6 + random() % 2) << 10);
  std::memcpy(at, &bits, sizeof bits);
}

void FillBlock(TensorType type, std::mt19937& random,
               std::span<std::byte> block) {
  if (type == TensorType::kF32) return PutFloat(random, block.data());
  if (type == TensorType::kBF16) return PutBFloat16(random, block.data());
  for (std::byte& byte : block) byte = static_cast<std::byte>(random());
  for (int at : HalvesOf(type)) PutHalf(random, block.data() + at);
}

}  // namespace

std::vector<float> RandomFloats(int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

absl::StatusOr<RandomMatrix> RandomMatrix::Make(TensorType type, int64_t rows,
                                                int64_t cols) {
  RandomMatrix matrix;
  matrix.type_ = type;
  matrix.rows_ = rows;
  matrix.cols_ = cols;
  const auto row_bytes = static_cast<int64_t>(RowBytes(type, cols));
  absl::StatusOr<MappedMemory> memory =
      MappedMemory::Map(rows * row_bytes, /*huge_pages=*/true);
  if (!memory.ok()) return memory.status();
  matrix.memory_ = *std::move(memory);
  std::byte* first = matrix.memory_.data();
  const int64_t own = std::min(rows, kOwnRows) * row_bytes;
  const int block = InfoOf(type).block_bytes;
  std::mt19937 random(1);
  for (int64_t at = 0; at < own; at += block) {
    FillBlock(type, random, {first + at, static_cast<size_t>(block)});
  }
  for (int64_t at = own; at < rows * row_bytes; at += own) {
    std::memcpy(first + at, first, std::min(own, rows * row_bytes - at));
  }
  return matrix;
}

TensorView RandomMatrix::view() const {
  return {type_, rows_, cols_, {memory_.data(), memory_.size()}};
}

}  // namespace mj
