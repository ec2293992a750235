// Randomness without state: Philox4x32-10 (Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011). A draw depends on its key alone, so
// batching, preemption and speculation leave it as it is.
#ifndef MILLIJOULE_ENGINE_SAMPLE_RANDOM_H_
#define MILLIJOULE_ENGINE_SAMPLE_RANDOM_H_

#include <array>
#include <cstdint>

namespace mj {

// Which draw: of which request, for which choice and which position of it.
struct DrawKey {
  uint64_t seed = 0;
  int choice = 0;
  int position = 0;  // of the token that is drawn
};

std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> counter,
                               std::array<uint32_t, 2> key);

// Uniform on [0, 1): a multiple of 2^-53.
double Uniform(const DrawKey& key);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SAMPLE_RANDOM_H_
