#include "kernels/scalar/dequantize.h"

#include <cassert>
#include <cstring>

#include "kernels/half.h"

namespace mj::scalar {
namespace {

using BlockFn = void(const uint8_t* block, float* out);

template <typename T>
T Load(const uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

float LoadHalf(const uint8_t* bytes) {
  return HalfToFloat(Load<uint16_t>(bytes));
}

int Low(uint8_t byte) { return byte & 15; }
int High(uint8_t byte) { return byte >> 4; }

void F32(const uint8_t* block, float* out) { *out = Load<float>(block); }
void F16(const uint8_t* block, float* out) { *out = LoadHalf(block); }
void BF16(const uint8_t* block, float* out) {
  *out = BFloat16ToFloat(Load<uint16_t>(block));
}

// Blocks of 32. Byte i of 16 holds elements i (low) and i + 16 (high).

// half scale, 16 bytes: scale * (q - 8)
void Q4_0(const uint8_t* block, float* out) {
  const float scale = LoadHalf(block);
  for (int i = 0; i < 16; ++i) {
    out[i] = static_cast<float>(Low(block[2 + i]) - 8) * scale;
    out[i + 16] = static_cast<float>(High(block[2 + i]) - 8) * scale;
  }
}

// half scale, half minimum, 16 bytes: scale * q + minimum
void Q4_1(const uint8_t* block, float* out) {
  const float scale = LoadHalf(block);
  const float minimum = LoadHalf(block + 2);
  for (int i = 0; i < 16; ++i) {
    out[i] = static_cast<float>(Low(block[4 + i])) * scale + minimum;
    out[i + 16] = static_cast<float>(High(block[4 + i])) * scale + minimum;
  }
}

// The fifth bit of element i is bit i of `high`.
int Fifth(uint32_t high, int i) { return (high >> i & 1) << 4; }

// half scale, 32 fifth bits, 16 bytes: scale * (q - 16)
void Q5_0(const uint8_t* block, float* out) {
  const float scale = LoadHalf(block);
  const uint32_t high = Load<uint32_t>(block + 2);
  for (int i = 0; i < 16; ++i) {
    const int low = Low(block[6 + i]) | Fifth(high, i);
    const int upper = High(block[6 + i]) | Fifth(high, i + 16);
    out[i] = static_cast<float>(low - 16) * scale;
    out[i + 16] = static_cast<float>(upper - 16) * scale;
  }
}

// half scale, half minimum, 32 fifth bits, 16 bytes: scale * q + minimum
void Q5_1(const uint8_t* block, float* out) {
  const float scale = LoadHalf(block);
  const float minimum = LoadHalf(block + 2);
  const uint32_t high = Load<uint32_t>(block + 4);
  for (int i = 0; i < 16; ++i) {
    const int low = Low(block[8 + i]) | Fifth(high, i);
    const int upper = High(block[8 + i]) | Fifth(high, i + 16);
    out[i] = static_cast<float>(low) * scale + minimum;
    out[i + 16] = static_cast<float>(upper) * scale + minimum;
  }
}

// half scale, 32 signed bytes: scale * q
void Q8_0(const uint8_t* block, float* out) {
  const float scale = LoadHalf(block);
  for (int i = 0; i < 32; ++i) {
    out[i] = static_cast<float>(static_cast<int8_t>(block[2 + i])) * scale;
  }
}

// Blocks of 256: groups of 32 (Q4_K, Q5_K) or 16 (Q6_K) with scales of their
// own, which are integers times the block's.

struct GroupScale {
  int scale;
  int minimum;
};

// Eight pairs of 6 bits in 12 bytes: those of groups 0 to 3 are the low bits
// of bytes 0 to 3 (scale) and 4 to 7 (minimum); groups 4 to 7 have their low
// four bits in bytes 8 to 11 and their high two on top of the first eight.
GroupScale UnpackScale(const uint8_t* packed, int group) {
  if (group < 4) return {packed[group] & 63, packed[group + 4] & 63};
  return {Low(packed[group + 4]) | packed[group - 4] >> 6 << 4,
          High(packed[group + 4]) | packed[group] >> 6 << 4};
}

// half scale, half minimum, 12 bytes of group scales, 128 bytes of nibbles:
// group 2p lies in the low, 2p + 1 in the high nibbles of bytes 32p to 32p+31.
void Q4_K(const uint8_t* block, float* out) {
  const float scale = LoadHalf(block);
  const float minimum = LoadHalf(block + 2);
  for (int group = 0; group < 8; ++group) {
    const GroupScale own = UnpackScale(block + 4, group);
    const float d = scale * static_cast<float>(own.scale);
    const float m = minimum * static_cast<float>(own.minimum);
    const uint8_t* nibbles = block + 16 + group / 2 * 32;
    for (int i = 0; i < 32; ++i) {
      const int q = group % 2 == 0 ? Low(nibbles[i]) : High(nibbles[i]);
      out[group * 32 + i] = d * static_cast<float>(q) - m;
    }
  }
}

// As Q4_K with 32 bytes of fifth bits before the nibbles: bit g of byte i is
// that of element i of group g.
void Q5_K(const uint8_t* block, float* out) {
  const float scale = LoadHalf(block);
  const float minimum = LoadHalf(block + 2);
  for (int group = 0; group < 8; ++group) {
    const GroupScale own = UnpackScale(block + 4, group);
    const float d = scale * static_cast<float>(own.scale);
    const float m = minimum * static_cast<float>(own.minimum);
    const uint8_t* high = block + 16;
    const uint8_t* nibbles = block + 48 + group / 2 * 32;
    for (int i = 0; i < 32; ++i) {
      const int low = group % 2 == 0 ? Low(nibbles[i]) : High(nibbles[i]);
      const int q = low | (high[i] >> group & 1) << 4;
      out[group * 32 + i] = d * static_cast<float>(q) - m;
    }
  }
}

// 128 bytes of low nibbles, 64 of high bit pairs, 16 signed group scales, half
// scale. Each half of the block is four runs of 32 elements: runs 0 and 1 in
// the low, 2 and 3 in the high nibbles of its 64 bytes; run r has bits 2r and
// 2r + 1 of its 32 bytes of pairs.
void Q6_K(const uint8_t* block, float* out) {
  const float scale = LoadHalf(block + 208);
  for (int i = 0; i < 256; ++i) {
    const int half = i / 128;
    const int run = i / 32 % 4;
    const uint8_t byte = block[half * 64 + run % 2 * 32 + i % 32];
    const uint8_t pairs = block[128 + half * 32 + i % 32];
    const int q = (run < 2 ? Low(byte) : High(byte)) | (pairs >> 2 * run & 3)
                                                           << 4;
    const float d =
        scale * static_cast<float>(static_cast<int8_t>(block[192 + i / 16]));
    out[i] = d * static_cast<float>(q - 32);
  }
}

BlockFn* BlockFnOf(TensorType type) {
  switch (type) {
    case TensorType::kF32:
      return F32;
    case TensorType::kF16:
      return F16;
    case TensorType::kBF16:
      return BF16;
    case TensorType::kQ4_0:
      return Q4_0;
    case TensorType::kQ4_1:
      return Q4_1;
    case TensorType::kQ5_0:
      return Q5_0;
    case TensorType::kQ5_1:
      return Q5_1;
    case TensorType::kQ8_0:
      return Q8_0;
    case TensorType::kQ4_K:
      return Q4_K;
    case TensorType::kQ5_K:
      return Q5_K;
    case TensorType::kQ6_K:
      return Q6_K;
  }
  assert(false);
  return nullptr;
}

}  // namespace

void DequantizeRow(TensorType type, const std::byte* row, float* out,
                   int64_t cols) {
  const TensorTypeInfo& info = InfoOf(type);
  assert(cols % info.block_elements == 0);
  BlockFn* dequantize = BlockFnOf(type);
  const uint8_t* block = reinterpret_cast<const uint8_t*>(row);
  for (int64_t i = 0; i < cols; i += info.block_elements) {
    dequantize(block, out + i);
    block += info.block_bytes;
  }
}

}  // namespace mj::scalar
