#include "kernels/panel.h"

namespace mj {

size_t PanelBytes(TensorType type, int64_t groups) {
  const PanelLayout layout = PanelLayoutOf(type);
  const int64_t blocks =
      (groups + layout.block_groups - 1) / layout.block_groups;
  const auto bytes = static_cast<size_t>(groups * layout.code_bytes +
                                         blocks * layout.block_bytes());
  return (bytes + 63) / 64 * 64;
}

}  // namespace mj
