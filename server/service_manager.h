// Tells the service manager that started this process how it fares, in
// systemd's notification protocol (sd_notify(3)): datagrams of KEY=VALUE on a
// Unix socket. Written out because libsystemd reads the environment itself.
#ifndef MILLIJOULE_SERVER_SERVICE_MANAGER_H_
#define MILLIJOULE_SERVER_SERVICE_MANAGER_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "engine/engine_stats.h"
#include "hw_backends/quantities.h"
#include "server/health.h"

namespace mj {

// One thread. A manager that does not read holds a call up for a second.
class ServiceManager final {
 public:
  // `socket`: $NOTIFY_SOCKET, a path, or "@name" in the abstract namespace;
  // "": there is no manager, and nothing is told.
  explicit ServiceManager(std::string socket) : socket_(std::move(socket)) {}

  // It serves; it ends. INVALID_ARGUMENT: `socket` is neither of the above.
  // Else the system's error; both name the socket.
  absl::Status Ready() const { return Tell("READY=1"); }
  absl::Status Stopping() const { return Tell("STOPPING=1"); }

  // Keeps the watchdog (WatchdogSec=) quiet while the engine makes progress as
  // Health judges it; to be called often, tells once a second. One that is
  // lost is followed by the next.
  void Progress(const EngineStats& stats, Seconds now);

 private:
  absl::Status Tell(std::string_view state) const;

  const std::string socket_;
  Health health_;
  Seconds next_{0};
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_SERVICE_MANAGER_H_
