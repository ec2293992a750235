// The wall clock, as OpenAI's `created` shows it.
#ifndef MILLIJOULE_SERVER_UNIX_TIME_H_
#define MILLIJOULE_SERVER_UNIX_TIME_H_

#include <chrono>
#include <cstdint>

namespace mj {

inline int64_t UnixSeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace mj

#endif  // MILLIJOULE_SERVER_UNIX_TIME_H_
