// The sizes of a decoder-only transformer: all that a cost model needs to
// know of a model, from a file or invented.
#ifndef MILLIJOULE_KERNELS_MODEL_SHAPE_H_
#define MILLIJOULE_KERNELS_MODEL_SHAPE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace mj {

enum class Activation { kSilu, kGeluTanh };

// A weight matrix [rows, cols] and the bytes one pass over it reads.
struct MatrixShape {
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t bytes = 0;
};

struct LayerShape {
  MatrixShape qkv;      // q|k|v stacked by rows
  MatrixShape output;   // attention output projection
  MatrixShape gate_up;  // gate|up stacked by rows
  MatrixShape down;
  int window = 0;  // sliding attention window in positions; 0: all
};

struct ModelShape {
  std::string name;
  int hidden = 0;
  int num_heads = 0;
  int num_kv_heads = 0;
  int head_dim = 0;
  int intermediate = 0;  // feed-forward width
  int vocab = 0;
  Activation activation = Activation::kSilu;
  std::vector<LayerShape> layers;
  MatrixShape embedding;  // one row read a token
  MatrixShape head;       // logits projection; the embedding itself if tied
};

}  // namespace mj

#endif  // MILLIJOULE_KERNELS_MODEL_SHAPE_H_
