// The body of the vector versions of ReadFn (kernels/peak.h).
#ifndef MILLIJOULE_KERNELS_BODY_READ_BODY_H_
#define MILLIJOULE_KERNELS_BODY_READ_BODY_H_

#include <cstdint>

#include "kernels/body/inline.h"
#include "kernels/peak.h"

namespace mj {
namespace {

template <class V>
MJ_INLINE uint64_t RunRead(const void* data, int64_t bytes) {
  using I = typename V::I;
  constexpr int kLoads = kReadStep / kReadStreams / sizeof(I);
  const int64_t part = bytes / kReadStreams;
  const auto* first = static_cast<const char*>(data);
  I found[kReadStreams];
  Unroll<kReadStreams>([&](auto s)
                           MJ_LAMBDA { found[s.value] = V::AsInt(V::Zero()); });
  for (int64_t at = 0; at < part; at += kReadStep / kReadStreams) {
    Unroll<kReadStreams>([&](auto s) MJ_LAMBDA {
      const char* line = first + s.value * part + at;
      Unroll<kLoads>([&](auto i) MJ_LAMBDA {
        const I loaded = V::LoadInt(line + i.value * sizeof(I));
        found[s.value] = V::Or(found[s.value], loaded);
      });
    });
  }
  Unroll<kReadStreams, 1>(
      [&](auto s) MJ_LAMBDA { found[0] = V::Or(found[0], found[s.value]); });
  uint64_t words[sizeof(I) / sizeof(uint64_t)];
  V::StoreInt(words, found[0]);
  uint64_t all = 0;
  for (const uint64_t word : words) all |= word;
  return all;
}

}  // namespace
}  // namespace mj

#endif  // MILLIJOULE_KERNELS_BODY_READ_BODY_H_
