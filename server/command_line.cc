#include "server/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

#include "server/config_file.h"

namespace mj {
namespace {

void AddFlag(CLI::App& app, const Flag& flag) {
  const std::string name = "--" + flag.name;
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

// Comes before the flags, so that the command line wins.
void AddConfigFlag(CLI::App& app, const std::vector<Flag>& flags) {
  const auto apply = [&flags](const std::string& path) {
    const absl::Status status = ApplyConfig(path, flags);
    if (status.ok()) return;
    throw CLI::ValidationError("--config", std::string(status.message()));
  };
  app.add_option_function<std::string>(
         "--config", apply,
         "TOML file of `flag = value`; the command line wins")
      ->type_name("FILE");
}

// "energy report" lies in "energy", which is made when the first of its
// commands comes.
CLI::App* AddCommand(CLI::App& app, const Command& command,
                     std::map<std::string, CLI::App*>& groups) {
  const size_t space = command.name.find(' ');
  if (space == std::string::npos) {
    return app.add_subcommand(command.name, command.help);
  }
  const std::string group = command.name.substr(0, space);
  const std::string name = command.name.substr(space + 1);
  CLI::App*& parent = groups[group];
  if (parent == nullptr) {
    parent = app.add_subcommand(group, "commands: " + name);
    parent->require_subcommand(1);
  } else {
    parent->description(parent->get_description() + ", " + name);
  }
  return parent->add_subcommand(name, command.help);
}

}  // namespace

int RunCommandLine(const std::string& name, const std::string& about,
                   const std::string& version,
                   const std::vector<Command>& commands, int argc,
                   char** argv) {
  CLI::App app(about, name);
  app.set_version_flag("--version", version);
  app.require_subcommand(0, 1);  // a wrong one is named as unexpected
  std::vector<const CLI::App*> subcommands;
  std::map<std::string, CLI::App*> groups;
  for (const Command& command : commands) {
    CLI::App* subcommand = AddCommand(app, command, groups);
    subcommands.push_back(subcommand);
    if (command.takes_config) AddConfigFlag(*subcommand, command.flags);
    for (const Flag& flag : command.flags) AddFlag(*subcommand, flag);
  }
  CLI11_PARSE(app, argc, argv);
  for (size_t i = 0; i < commands.size(); ++i) {
    if (subcommands[i]->parsed()) return commands[i].run();
  }
  std::cerr << name << ": a command is needed; --help lists them\n";
  return 1;
}

}  // namespace mj
