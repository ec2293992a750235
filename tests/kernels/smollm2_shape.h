// SmolLM2-135M-Instruct as a Q4_1 file, without the file.
#ifndef MILLIJOULE_TESTS_KERNELS_SMOLLM2_SHAPE_H_
#define MILLIJOULE_TESTS_KERNELS_SMOLLM2_SHAPE_H_

#include "kernels/model_shape.h"

namespace mj {

inline ModelShape Smollm2Shape() {
  const auto q4_1 = [](int64_t rows, int64_t cols) {
    return MatrixShape{rows, cols, rows * cols / 32 * 20};
  };
  const MatrixShape q8_0_head{49152, 576, 49152 * 576 / 32 * 34};
  ModelShape model;
  model.name = "smollm2-135m";
  model.hidden = 576;
  model.num_heads = 9;
  model.num_kv_heads = 3;
  model.head_dim = 64;
  model.intermediate = 1536;
  model.vocab = 49152;
  model.layers.assign(30, {.qkv = q4_1(960, 576),
                           .output = q4_1(576, 576),
                           .gate_up = q4_1(3072, 576),
                           .down = q4_1(576, 1536)});
  model.embedding = q8_0_head;
  model.head = q8_0_head;
  return model;
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_KERNELS_SMOLLM2_SHAPE_H_
