// SIGTERM and SIGINT as something to wait for.
#ifndef MILLIJOULE_SERVER_COMMANDS_STOP_SIGNALS_H_
#define MILLIJOULE_SERVER_COMMANDS_STOP_SIGNALS_H_

#include <csignal>

#include "hw_backends/quantities.h"

namespace mj {

// Blocks both signals for this thread and those it starts later, so make it
// before any other thread. Ignores SIGPIPE: writes report broken sockets.
class StopSignals final {
 public:
  StopSignals();
  // True if one came within the time.
  bool WaitFor(Seconds limit) const;

 private:
  sigset_t set_;
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_COMMANDS_STOP_SIGNALS_H_
