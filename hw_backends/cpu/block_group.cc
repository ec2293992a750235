#include "hw_backends/cpu/block_group.h"

#include <cassert>
#include <cstring>

namespace mj {
namespace {

constexpr uint32_t kLowNibbles = 0x0F0F0F0F;
constexpr int kSuperBlock = 8;  // groups in a block of the K types

template <class T>
T Load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

bool IsFinite(uint16_t half) { return (half & 0x7C00) != 0x7C00; }

// Columns 0..15 are the low nibbles of 16 bytes, 16..31 the high ones.
void ReadSplitNibbles(const std::byte* nibbles, BlockGroup& out) {
  for (int j = 0; j < 4; ++j) {
    const auto word = Load<uint32_t>(nibbles + 4 * j);
    out.codes[j] = word & kLowNibbles;
    out.codes[4 + j] = (word >> 4) & kLowNibbles;
  }
}

// Bit c of `bits` is bit 4 of column c.
void AddFifthBits(uint32_t bits, BlockGroup& out) {
  for (int j = 0; j < 8; ++j) {
    const uint32_t four = (bits >> (4 * j)) & 15;
    // Spreads bits 0..3 to bit 4 of bytes 0..3.
    const uint32_t spread =
        (four & 1) | (four & 2) << 7 | (four & 4) << 14 | (four & 8) << 21;
    out.codes[j] |= spread << 4;
  }
}

// Q4_0, Q4_1, Q5_0, Q5_1: d, then m, the fifth bits, the nibbles.
BlockGroup ReadNibbleBlock(const std::byte* block, bool has_min,
                           bool has_fifth_bit) {
  BlockGroup out;
  out.half_scale = Load<uint16_t>(block);
  const std::byte* at = block + 2;
  if (has_min) {
    out.half_min = Load<uint16_t>(at);
    at += 2;
  }
  ReadSplitNibbles(has_fifth_bit ? at + 4 : at, out);
  if (has_fifth_bit) AddFifthBits(Load<uint32_t>(at), out);
  out.finite = IsFinite(out.half_scale) && IsFinite(out.half_min);
  return out;
}

BlockGroup ReadByteBlock(const std::byte* block) {
  BlockGroup out;
  out.half_scale = Load<uint16_t>(block);
  out.finite = IsFinite(out.half_scale);
  std::memcpy(out.codes, block + 2, sizeof out.codes);
  return out;
}

// The 6-bit scale and minimum of sub-block j, packed into 12 bytes.
void ReadSixBits(const std::byte* packed, int j, int& scale, int& min) {
  const auto byte = [&](int i) { return static_cast<int>(packed[i]); };
  if (j < 4) {
    scale = byte(j) & 63;
    min = byte(j + 4) & 63;
  } else {
    scale = (byte(j + 4) & 15) | (byte(j - 4) >> 6) << 4;
    min = (byte(j + 4) >> 4) | (byte(j) >> 6) << 4;
  }
}

// Q4_K, Q5_K: d, dmin, 12 bytes of scales, Q5_K's 32 bytes of fifth bits (bit
// j: sub-block j), then 32 bytes a pair of sub-blocks.
BlockGroup ReadKBlock(const std::byte* block, int j, bool has_fifth_bit) {
  BlockGroup out;
  constexpr uint16_t kSign = 0x8000;
  out.half_scale = Load<uint16_t>(block);
  out.half_min = Load<uint16_t>(block + 2) ^ kSign;
  out.finite = IsFinite(out.half_scale) && IsFinite(out.half_min);
  int scale, min;
  ReadSixBits(block + 4, j, scale, min);
  out.scale[0] = out.scale[1] = static_cast<int8_t>(scale);
  out.min = static_cast<uint8_t>(min);
  const std::byte* fifth = block + 16;
  const std::byte* nibbles = fifth + (has_fifth_bit ? 32 : 0) + j / 2 * 32;
  for (int w = 0; w < 8; ++w) {
    const auto word = Load<uint32_t>(nibbles + 4 * w);
    out.codes[w] = (word >> (4 * (j % 2))) & kLowNibbles;
    if (!has_fifth_bit) continue;
    const auto bits = Load<uint32_t>(fifth + 4 * w);
    out.codes[w] |= ((bits >> j) & 0x01010101) << 4;
  }
  return out;
}

// Q6_K: 128 bytes of low nibbles, 64 of high bit pairs, 16 signed scales, d.
// Each half of 128 columns uses 64 + 32 bytes for its 4 groups.
BlockGroup ReadQ6KBlock(const std::byte* block, int j) {
  BlockGroup out;
  const int half = j / 4, quarter = j % 4;
  out.half_scale = Load<uint16_t>(block + 208);
  out.finite = IsFinite(out.half_scale);
  std::memcpy(out.scale, block + 192 + 2 * j, sizeof out.scale);
  const std::byte* low = block + 64 * half + 32 * (quarter % 2);
  const std::byte* high = block + 128 + 32 * half;
  for (int w = 0; w < 8; ++w) {
    const auto nibbles = Load<uint32_t>(low + 4 * w);
    const auto pairs = Load<uint32_t>(high + 4 * w);
    out.codes[w] = ((nibbles >> (4 * (quarter / 2))) & kLowNibbles) |
                   ((pairs >> (2 * quarter)) & 0x03030303) << 4;
  }
  return out;
}

}  // namespace

BlockGroup ReadBlockGroup(TensorType type, const std::byte* row,
                          int64_t group) {
  const int bytes = InfoOf(type).block_bytes;
  const std::byte* block = row + group * bytes;
  const std::byte* super_block = row + group / kSuperBlock * bytes;
  const int j = static_cast<int>(group % kSuperBlock);
  switch (type) {
    case TensorType::kQ4_0:
      return ReadNibbleBlock(block, false, false);
    case TensorType::kQ4_1:
      return ReadNibbleBlock(block, true, false);
    case TensorType::kQ5_0:
      return ReadNibbleBlock(block, false, true);
    case TensorType::kQ5_1:
      return ReadNibbleBlock(block, true, true);
    case TensorType::kQ8_0:
      return ReadByteBlock(block);
    case TensorType::kQ4_K:
      return ReadKBlock(super_block, j, false);
    case TensorType::kQ5_K:
      return ReadKBlock(super_block, j, true);
    case TensorType::kQ6_K:
      return ReadQ6KBlock(super_block, j);
    case TensorType::kF32:
    case TensorType::kF16:
    case TensorType::kBF16:
      break;
  }
  assert(false && "not a quantised type");
  return {};
}

}  // namespace mj
