#include "server/commands/stop_signals.h"

#include <pthread.h>

#include <cmath>
#include <ctime>

namespace mj {

StopSignals::StopSignals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool StopSignals::WaitFor(Seconds limit) const {
  timespec time{};
  time.tv_sec = static_cast<time_t>(limit.count());
  time.tv_nsec =
      static_cast<long>(1e9 * (limit.count() - std::floor(limit.count())));
  return sigtimedwait(&set_, nullptr, &time) > 0;
}

}  // namespace mj
