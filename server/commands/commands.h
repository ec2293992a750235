// The commands of `millijoule`, each in its own file.
#ifndef MILLIJOULE_SERVER_COMMANDS_COMMANDS_H_
#define MILLIJOULE_SERVER_COMMANDS_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "engine/provenance.h"

namespace mj {

struct Command {
  CLI::App* app;             // the subcommand
  std::function<int()> run;  // after parsing; the exit status
};

Command AddServe(CLI::App& app, const BuildInfo& build);
Command AddGenerate(CLI::App& app, const BuildInfo& build);
Command AddTokenize(CLI::App& app);
Command AddRender(CLI::App& app);
Command AddInspect(CLI::App& app, const BuildInfo& build);
Command AddDevices(CLI::App& app, const BuildInfo& build);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_COMMANDS_COMMANDS_H_
