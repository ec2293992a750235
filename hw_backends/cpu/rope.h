// Rotary position embedding on the CPU: RopeSpec of hw_backends/backend.h.
#ifndef MILLIJOULE_HW_BACKENDS_CPU_ROPE_H_
#define MILLIJOULE_HW_BACKENDS_CPU_ROPE_H_

#include "hw_backends/backend.h"

namespace mj {

// cos and sin of position * inverse_frequency, in double precision, times the
// magnitude, rounded once. cosines, sines: [spec.inverse_frequency.size()].
void ComputeRotation(const RopeSpec& spec, int position, float* cosines,
                     float* sines);

// Rotates pair i of one head by the i-th angle, in place: (a, b) becomes
// (a cos - b sin, a sin + b cos), each product rounded.
void Rotate(const RopeSpec& spec, const float* cosines, const float* sines,
            float* head);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CPU_ROPE_H_
