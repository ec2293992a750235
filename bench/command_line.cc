#include "bench/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace mj {
namespace {

void AddFlag(CLI::App& app, const Flag& flag) {
  const std::string name =
      flag.kind == FlagKind::kPlace ? flag.name : "--" + flag.name;
  const auto set = [name, set = flag.set](const std::string& value) {
    const absl::Status status = set(value);
    if (status.ok()) return;
    throw CLI::ValidationError(name, std::string(status.message()));
  };
  if (flag.kind == FlagKind::kSwitch) {
    app.add_flag_callback(
        name, [set] { set("true"); }, flag.help);
    return;
  }
  const auto set_all = [set](const CLI::results_t& values) {
    for (const std::string& value : values) set(value);
    return true;
  };
  CLI::Option* option = app.add_option(name, set_all, flag.help);
  option->type_name(flag.value_name)
      ->default_str(flag.default_text)
      ->required(flag.required);
  if (flag.kind == FlagKind::kRepeated) option->take_all();
}

}  // namespace

int RunCommandLine(const std::string& name, const std::string& about,
                   const std::string& version,
                   const std::vector<Command>& commands, int argc,
                   char** argv) {
  CLI::App app(about, name);
  app.set_version_flag("--version", version);
  app.require_subcommand(0, 1);  // a wrong one is named as unexpected
  for (const Command& command : commands) {
    CLI::App* subcommand = app.add_subcommand(command.name, command.help);
    for (const Flag& flag : command.flags) AddFlag(*subcommand, flag);
  }
  CLI11_PARSE(app, argc, argv);
  for (const Command& command : commands) {
    if (app.got_subcommand(command.name)) return command.run();
  }
  std::cerr << name << ": a command is needed; --help lists them\n";
  return 1;
}

}  // namespace mj
