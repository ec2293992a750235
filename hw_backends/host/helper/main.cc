// millijoule-actuator: the privileged helper. It sets clocks and power caps
// for one server at a time, and restores what it found when that server ends,
// however it ends.
#include <signal.h>
#include <sys/auxv.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "hw_backends/host/helper/lease_desk.h"
#include "hw_backends/host/helper/lease_loop.h"
#include "hw_backends/host/helper/run_folder.h"
#include "hw_backends/host/packet_socket.h"
#include "hw_backends/host/sysfs_files.h"

ABSL_FLAG(int, fd, -1,
          "serve the client on this inherited socket, then exit: how a server "
          "starts its own helper");
ABSL_FLAG(std::string, socket, "",
          "listen on this path and serve one client after the other");
ABSL_FLAG(int, user, -1,
          "number of the user who may connect to --socket; default: one's own");
ABSL_FLAG(bool, restore, false,
          "restore what a killed helper left behind, then exit");
ABSL_FLAG(bool, list, false, "say what can be controlled, then exit");
ABSL_FLAG(std::string, folder, "/run/millijoule",
          "folder of the lock and of the state file");
ABSL_FLAG(std::string, root, "/", "root of the tree that holds sys/");
ABSL_FLAG(double, heartbeat, 5,
          "seconds after which a silent client loses its lease");

namespace mj {
namespace {

constexpr Seconds kPatience(2);     // for a helper that is restoring
constexpr Seconds kFirstPacket(5);  // of a client that is to be refused

void Log(const std::string& line) {
  std::cerr << "millijoule-actuator: " << line << std::endl;
}

int Fail(const absl::Status& status) {
  Log(std::string(status.message()));
  return 1;
}

LeaseDesk::Nvml FindNvml() {
  if (absl::GetFlag(FLAGS_root) == "/") return NvmlLibrary::Load();
  return absl::UnavailableError("a made tree has no GPU");
}

int List() {
  for (const HostFact& fact :
       ReadActuatorFacts(absl::GetFlag(FLAGS_root), FindNvml())) {
    std::cout << fact.name << (fact.present ? ": yes: " : ": no: ")
              << fact.detail << "\n";
  }
  return 0;
}

// Tells the client of --fd why there is no lease.
int Refuse(const absl::Status& why) {
  const int fd = absl::GetFlag(FLAGS_fd);
  if (fd >= 0) {
    const PacketSocket client(fd);
    if (client.Receive(kFirstPacket).ok()) {
      client.Send(FormatReply(why)).IgnoreError();
    }
  }
  return Fail(why);
}

// Readable when the process is asked to end.
int MakeStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

int Serve(LeaseDesk& desk, int stop) {
  const int user = absl::GetFlag(FLAGS_user);
  const SteadyClock clock;
  const LeaseLoopOptions options{
      .heartbeat = Seconds(absl::GetFlag(FLAGS_heartbeat)),
      .client_user = user < 0 ? geteuid() : static_cast<uid_t>(user),
      .log = Log};
  LeaseLoop loop(desk, clock, stop, options);
  if (const int fd = absl::GetFlag(FLAGS_fd); fd >= 0) {
    loop.ServeOne(PacketSocket(fd));
    return 0;
  }
  const absl::StatusOr<PacketSocket> listener =
      PacketSocket::Listen(absl::GetFlag(FLAGS_socket), options.client_user);
  if (!listener.ok()) return Fail(listener.status());
  loop.ServeAll(*listener);
  unlink(absl::GetFlag(FLAGS_socket).c_str());
  return 0;
}

absl::Status CheckFlags() {
  // With the rights of its file, it would lend them to whoever starts it.
  if (getauxval(AT_SECURE) != 0) {
    return absl::PermissionDeniedError(
        "must be started by a privileged process, not be setuid or carry file "
        "capabilities");
  }
  const int modes = (absl::GetFlag(FLAGS_fd) >= 0) +
                    !absl::GetFlag(FLAGS_socket).empty() +
                    absl::GetFlag(FLAGS_restore) + absl::GetFlag(FLAGS_list);
  if (modes != 1) {
    return absl::InvalidArgumentError(
        "one of --socket, --fd, --restore and --list is needed; see --help");
  }
  const double heartbeat = absl::GetFlag(FLAGS_heartbeat);
  if (heartbeat >= 0.05 && heartbeat <= 3600) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--heartbeat is ", heartbeat, ": 0.05 to 3600 is needed"));
}

int Main() {
  if (absl::Status flags = CheckFlags(); !flags.ok()) return Fail(flags);
  if (absl::GetFlag(FLAGS_list)) return List();
  const int stop = MakeStopSignals();
  absl::StatusOr<RunFolder> folder =
      RunFolder::Open(absl::GetFlag(FLAGS_folder), kPatience);
  if (!folder.ok()) return Refuse(folder.status());
  HostSysfs files(absl::GetFlag(FLAGS_root));
  const LeaseDesk::Nvml nvml = FindNvml();
  LeaseDesk desk(files, nvml, *folder, geteuid() == 0,
                 Seconds(absl::GetFlag(FLAGS_heartbeat)));
  const absl::Status restored = desk.RestoreLeftOver();
  if (!restored.ok()) return Refuse(restored);
  return absl::GetFlag(FLAGS_restore) ? 0 : Serve(desk, stop);
}

}  // namespace
}  // namespace mj

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "sets clocks and power caps for one Millijoule server at a time and "
      "restores what it found when that server ends, however it ends");
  absl::ParseCommandLine(argc, argv);
  return mj::Main();
}
