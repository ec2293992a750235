// The helper's loop: connections, heartbeats and signals.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_HELPER_LEASE_LOOP_H_
#define MILLIJOULE_HW_BACKENDS_HOST_HELPER_LEASE_LOOP_H_

#include <sys/types.h>

#include <functional>
#include <list>
#include <optional>
#include <string>

#include "hw_backends/clock.h"
#include "hw_backends/host/helper/lease_desk.h"
#include "hw_backends/host/packet_socket.h"

namespace mj {

struct LeaseLoopOptions {
  Seconds heartbeat{5};   // a connection silent for longer is closed
  uid_t client_user = 0;  // who, beside root, may connect
  std::function<void(const std::string&)> log;
};

class LeaseLoop final {
 public:
  // All outlive the loop. `stop` is readable when it should end.
  LeaseLoop(LeaseDesk& desk, const Clock& clock, int stop,
            LeaseLoopOptions options);

  // Serves one client, until it leaves.
  void ServeOne(PacketSocket client);
  // Serves all who connect, until told to stop.
  void ServeAll(const PacketSocket& listener);

 private:
  struct Connection {
    PacketSocket socket;
    LeaseDesk::Client client;
    Seconds last_heard{0};
  };

  bool Poll(const PacketSocket* listener);  // false: told to stop
  void Add(PacketSocket socket);
  // False: the connection has ended.
  bool Serve(Connection& connection);
  void Close(std::list<Connection>::iterator connection,
             const std::string& why);
  void CloseSilent();
  int MillisecondsToNextDeadline() const;  // -1: none

  LeaseDesk& desk_;
  const Clock& clock_;
  const int stop_;
  const LeaseLoopOptions options_;
  std::list<Connection> connections_;
  int next_connection_ = 1;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_HELPER_LEASE_LOOP_H_
