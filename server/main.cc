// The `millijoule` binary: reads the command line and runs one command.
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "build_info.h"  // generated
#include "kernels/kernel_table.h"
#include "server/command_line.h"
#include "server/commands/commands.h"

namespace {

std::string VersionText(const mj::BuildInfo& build) {
  const auto kernels = mj::ChooseKernels(mj::ReadCpuFeatures(), std::nullopt);
  const std::string isa(kernels ? mj::IsaName(kernels->isa) : "none");
  return "millijoule " + build.version + "\ncommit " + build.commit +
         "\nbuild " + build.build_type + "\ncompiler " + build.compiler +
         "\nISA " + isa + " (the widest this CPU has)";
}

// $XDG_STATE_HOME/millijoule/energy.db, by the XDG base directory
// specification; "" where there is no home.
std::string DefaultLedger() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  std::string folder;
  if (state != nullptr && *state == '/') {
    folder = state;
  } else if (home != nullptr && *home == '/') {
    folder = std::string(home) + "/.local/state";
  } else {
    return "";
  }
  return folder + "/millijoule/energy.db";
}

// Beside this executable.
std::string DefaultActuatorHelper() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / "millijoule-actuator").string();
}

// Where the service manager that started this process listens, if one did.
std::string NotifySocket() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  return socket != nullptr ? socket : "";
}

int Main(int argc, char** argv) {
  const mj::BuildInfo build{MJ_VERSION, MJ_COMMIT, MJ_BUILD_TYPE, MJ_COMPILER};
  const std::string ledger = DefaultLedger();
  const std::vector<mj::Command> commands = {
      mj::ServeCommand(build, {.ledger = ledger,
                               .actuator_helper = DefaultActuatorHelper(),
                               .notify_socket = NotifySocket()}),
      mj::EnergyReportCommand(build, ledger),
      mj::GenerateCommand(build),
      mj::TokenizeCommand(),
      mj::RenderCommand(),
      mj::InspectCommand(build),
      mj::DevicesCommand(build),
      mj::MetricsCommand(),
      mj::TrainExitHeadCommand(build),
  };
  return mj::RunCommandLine(
      "millijoule", "Millijoule: an LLM server that accounts for its joules",
      VersionText(build), commands, argc, argv);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const std::exception& error) {  // libraries' only, out of memory too
    std::cerr << "millijoule: " << error.what() << "\n";
    return 1;
  }
}
