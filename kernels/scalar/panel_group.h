// Reads repacked panels one row at a time: the meaning of kernels/panel.h in
// plain code.
#ifndef MILLIJOULE_KERNELS_SCALAR_PANEL_GROUP_H_
#define MILLIJOULE_KERNELS_SCALAR_PANEL_GROUP_H_

#include <cstddef>
#include <cstdint>

#include "kernels/panel.h"

namespace mj::scalar {

// Of 32 columns of one row.
struct PanelScales {
  float scale[2] = {1, 1};
  float min = 0;
};
// 32 columns of one row: weight k = scale[k / 16] * code[k] + min, where the
// offset is subtracted from the codes already.
struct PanelGroup : PanelScales {
  float code[kPanelGroup];
};

// Group `group` of row `lane` (0..15) of a panel with `groups` groups.
void ReadPanelScales(TensorType type, const std::byte* panel, int64_t groups,
                     int64_t group, int lane, PanelScales* out);
void ReadPanelGroup(TensorType type, const std::byte* panel, int64_t groups,
                    int64_t group, int lane, PanelGroup* out);

// A whole row's weights, 32 * groups floats: the dequantised row bit for bit.
void ReadPanelRow(TensorType type, const std::byte* panel, int64_t groups,
                  int lane, float* out);

}  // namespace mj::scalar

#endif  // MILLIJOULE_KERNELS_SCALAR_PANEL_GROUP_H_
