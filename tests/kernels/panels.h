// Random weights as repacked panels, for the tests of products.
#ifndef MILLIJOULE_TESTS_KERNELS_PANELS_H_
#define MILLIJOULE_TESTS_KERNELS_PANELS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "hw_backends/cpu/repack.h"
#include "kernels/panel.h"
#include "tests/kernels/random_weights.h"

namespace mj {

struct FreeDeleter {
  void operator()(std::byte* p) const { std::free(p); }
};

// A random matrix as panels.
struct Panels {
  Panels(TensorType type, int64_t rows, int64_t cols, uint32_t seed)
      : matrix(MakeRandomMatrix(type, rows, cols, seed)),
        groups((cols + kPanelGroup - 1) / kPanelGroup),
        size(PanelBytes(type, groups)) {
    const int64_t count = (rows + kPanelRows - 1) / kPanelRows;
    bytes.reset(static_cast<std::byte*>(std::aligned_alloc(64, count * size)));
    std::fill_n(bytes.get(), count * size, std::byte{0});
    for (int64_t p = 0; p < count; ++p) {
      EXPECT_TRUE(RepackPanel(matrix.view(), p, bytes.get() + p * size).ok());
    }
  }
  RandomMatrix matrix;
  int64_t groups;
  size_t size;
  std::unique_ptr<std::byte, FreeDeleter> bytes;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_KERNELS_PANELS_H_
