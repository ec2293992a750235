// Who may control this host, and what it had before: the helper's mind, which
// knows requests and replies, but no sockets.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_HELPER_LEASE_DESK_H_
#define MILLIJOULE_HW_BACKENDS_HOST_HELPER_LEASE_DESK_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/host/find_actuators.h"
#include "hw_backends/host/helper/run_folder.h"
#include "hw_backends/host/lease_protocol.h"

namespace mj {

// One lease at a time. What was found is in the folder's state file from before
// the first write until all is restored. One thread.
class LeaseDesk final {
 public:
  using Nvml = absl::StatusOr<std::unique_ptr<NvmlLibrary>>;

  // All outlive the desk. `heartbeat` is told to clients.
  LeaseDesk(SysfsFiles& files, const Nvml& nvml, RunFolder& folder,
            bool is_root, Seconds heartbeat);
  ~LeaseDesk();  // restores

  // What a helper that was killed has left behind. The error names the state
  // file, which stays while something in it is not restored.
  absl::Status RestoreLeftOver();

  struct Client {
    int connection = 0;  // told apart by this
    pid_t process = 0;   // named to others
  };
  // The reply to one packet. A lease is refused while another client has it
  // (ALREADY_EXISTS), while something of an earlier one is not restored, and
  // where nothing can be controlled (FAILED_PRECONDITION, with the reasons).
  std::string Answer(const Client& client, std::string_view packet);
  // The connection has ended: restores if the lease was its.
  absl::Status Leave(int connection);

 private:
  absl::StatusOr<std::string> Do(const Client& client,
                                 const LeaseRequest& request);
  absl::StatusOr<std::string> Lease(const Client& client);
  absl::StatusOr<std::string> Act(const LeaseRequest& request);
  absl::Status EndLease();

  SysfsFiles& files_;
  const Nvml& nvml_;
  RunFolder& folder_;
  const bool is_root_;
  const Seconds heartbeat_;
  std::optional<Client> holder_;
  FoundActuators found_;  // the holder's
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_HELPER_LEASE_DESK_H_
