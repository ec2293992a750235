// The `millijoule-bench` binary: reads the command line and runs one command.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <vector>

#include "bench/commands.h"
#include "build_info.h"  // generated

namespace {

int Main(int argc, char** argv) {
  const mj::BuildInfo build{MJ_VERSION, MJ_COMMIT, MJ_BUILD_TYPE, MJ_COMPILER};
  CLI::App app("Measures Millijoule without a network", "millijoule-bench");
  app.set_version_flag("--version", build.version + ", commit " + build.commit);
  app.require_subcommand(1);
  const std::vector<mj::BenchCommand> commands = {
      mj::AddOffline(app, build),
      mj::AddPerplexity(app, build),
  };
  CLI11_PARSE(app, argc, argv);
  for (const mj::BenchCommand& command : commands) {
    if (command.app->parsed()) return command.run();
  }
  return 1;
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
