// Reads GGUF's quantised blocks 32 columns at a time, as integers.
// Source of the layouts: the GGUF specification's block formats.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_BLOCK_GROUP_H_
#define MILLIJOULE_HW_BACKENDS_CPU_BLOCK_GROUP_H_

#include <cstddef>
#include <cstdint>

#include "kernels/tensor_type.h"

namespace mj {

// 32 columns of one row. The codes are those of kernels/panel.h: unsigned with
// an offset, but signed for Q8_0.
struct BlockGroup {
  uint32_t codes[8];  // byte b of word j: column 4j + b
  // As the panel stores them: halves (bits), and the K types' integers that
  // multiply them.
  uint16_t half_scale = 0, half_min = 0;
  int8_t scale[2] = {1, 1};  // one per 16 columns
  uint8_t min = 1;
  bool finite = true;  // what was read of scales and minima
};

// Group `group` (columns 32 group .. + 31) of a row of `type`, which is
// quantised.
BlockGroup ReadBlockGroup(TensorType type, const std::byte* row, int64_t group);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_BLOCK_GROUP_H_
