// Turns rows of GGUF blocks into the panels of kernels/panel.h.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_REPACK_H_
#define MILLIJOULE_HW_BACKENDS_CPU_REPACK_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "kernels/tensor_view.h"

namespace mj {

// How the codes of quantised types lie in a panel: as kernels/panel.h has it,
// or in the planes of kernels/bit_planes.h.
enum class CodeOrder { kPanels, kPlanes };

// Writes panel `panel` (rows 16 panel .. + 15) of `matrix` to `out`, which
// holds PanelBytes() zeros. No precision is lost: the panel's weights are
// those of scalar::DequantizeRow, bit for bit.
// INVALID_ARGUMENT names the row of a scale or value that is not finite.
// Thread-safe for different panels.
absl::Status RepackPanel(const TensorView& matrix, int64_t panel,
                         std::byte* out, CodeOrder order = CodeOrder::kPanels);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_REPACK_H_
