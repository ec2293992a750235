// Processor time that this process has taken, user's and system's, of all its
// threads.
#ifndef MILLIJOULE_BENCH_CPU_SECONDS_H_
#define MILLIJOULE_BENCH_CPU_SECONDS_H_

#include <sys/resource.h>

namespace mj {

inline double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * t.tv_usec;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace mj

#endif  // MILLIJOULE_BENCH_CPU_SECONDS_H_
