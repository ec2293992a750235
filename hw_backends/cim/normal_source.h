// Standard normal numbers by counter: a function of the seed and of where and
// what they are for, never of time or of the order of calls.
#ifndef MILLIJOULE_HW_BACKENDS_CIM_NORMAL_SOURCE_H_
#define MILLIJOULE_HW_BACKENDS_CIM_NORMAL_SOURCE_H_

#include <cstdint>
#include <span>

namespace mj {

class NormalSource final {
 public:
  // Streams of one seed are independent, as are the places of a stream.
  NormalSource(uint64_t seed, uint64_t stream);

  // out[i] = number first + i of `place`. REQUIRES: first is even.
  void Fill(uint64_t place, uint64_t first, std::span<float> out) const;

 private:
  uint64_t stream_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_CIM_NORMAL_SOURCE_H_
