// The tensors of a model by name, whichever of its files they lie in.
#ifndef MILLIJOULE_ENGINE_MODEL_TENSOR_INDEX_H_
#define MILLIJOULE_ENGINE_MODEL_TENSOR_INDEX_H_

#include <string>
#include <unordered_map>

#include "kernels/tensor_view.h"

namespace mj {

// A tensor of one dimension is one row.
using TensorIndex = std::unordered_map<std::string, TensorView>;

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_TENSOR_INDEX_H_
