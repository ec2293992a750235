// The `millijoule` binary: reads the command line and runs one command.
#include <exception>
#include <iostream>
#include <string>
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

int Main(int argc, char** argv) {
  const mj::BuildInfo build{MJ_VERSION, MJ_COMMIT, MJ_BUILD_TYPE, MJ_COMPILER};
  const std::vector<mj::Command> commands = {
      mj::ServeCommand(build),   mj::GenerateCommand(build),
      mj::TokenizeCommand(),     mj::RenderCommand(),
      mj::InspectCommand(build), mj::DevicesCommand(build),
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
