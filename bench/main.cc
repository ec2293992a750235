// The `millijoule-bench` binary: reads the command line and runs one command.
#include <exception>
#include <iostream>
#include <vector>

#include "bench/command_line.h"
#include "bench/commands.h"
#include "bench/load/load_command.h"
#include "build_info.h"  // generated

namespace {

int Main(int argc, char** argv) {
  const mj::BuildInfo build{MJ_VERSION, MJ_COMMIT, MJ_BUILD_TYPE, MJ_COMPILER};
  const std::vector<mj::Command> commands = {
      mj::OfflineCommand(build),   mj::PerplexityCommand(build),
      mj::ExitHeadCommand(build),  mj::KernelsCommand(build),
      mj::SimulateCommand(build),  mj::PriceCommand(build),
      mj::ReproduceCommand(build), mj::ScheduleCommand(build),
      mj::FusionCommand(build),    mj::SensitivityCommand(build),
      mj::LoadCommand(build),
  };
  return mj::RunCommandLine(
      "millijoule-bench",
      "Measures Millijoule, and any server over the network",
      build.version + ", commit " + build.commit, commands, argc, argv);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const std::exception& error) {  // libraries' only, out of memory too
    std::cerr << "millijoule-bench: " << error.what() << "\n";
    return 1;
  }
}
