// The `millijoule` binary: reads the command line and runs one command.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "build_info.h"  // generated
#include "kernels/kernel_table.h"
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
  CLI::App app("Millijoule: an LLM server that accounts for its joules",
               "millijoule");
  app.set_version_flag("--version", VersionText(build));
  app.require_subcommand(1);
  const std::vector<mj::Command> commands = {
      mj::AddServe(app, build),   mj::AddGenerate(app, build),
      mj::AddTokenize(app),       mj::AddRender(app),
      mj::AddInspect(app, build), mj::AddDevices(app, build),
  };
  CLI11_PARSE(app, argc, argv);
  for (const mj::Command& command : commands) {
    if (command.app->parsed()) return command.run();
  }
  return 1;
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
