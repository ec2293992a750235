#include "server/cli_flags.h"

#include <toml++/toml.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

// A scalar as it would stand on the command line.
std::string TextOf(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  std::ostringstream out;
  if (const auto* number = node.as_integer()) out << number->get();
  if (const auto* number = node.as_floating_point()) out << number->get();
  if (const auto* value = node.as_boolean()) {
    out << (value->get() ? "true" : "false");
  }
  return out.str();
}

absl::Status ApplyKey(const std::string& path, const std::string& key,
                      const toml::node& value, const std::vector<Flag>& flags) {
  for (const Flag& flag : flags) {
    if (flag.name != key) continue;
    const absl::Status status = flag.set(TextOf(value));
    if (status.ok()) return status;
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", key, ": ", status.message()));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": there is no flag '", key, "'"));
}

}  // namespace

absl::Status ApplyConfig(const std::string& path,
                         const std::vector<Flag>& flags) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return absl::NotFoundError(absl::StrCat("cannot read '", path, "'"));
  }
  toml::table table;
  try {
    table = toml::parse(text.str(), path);
  } catch (const toml::parse_error& error) {  // toml++ reports by throwing
    return absl::InvalidArgumentError(
        absl::StrCat(path, ", line ", error.source().begin.line, ": ",
                     std::string(error.description())));
  }
  for (const auto& [key, value] : table) {
    const absl::Status status =
        ApplyKey(path, std::string(key.str()), value, flags);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void AddFlags(CLI::App& app, const std::vector<Flag>& flags) {
  for (const Flag& flag : flags) {
    const std::string name = absl::StrCat("--", flag.name);
    const auto set = [name, set = flag.set](const std::string& value) {
      const absl::Status status = set(value);
      if (status.ok()) return;
      throw CLI::ValidationError(name, std::string(status.message()));
    };
    app.add_option_function<std::string>(name, set, flag.help)
        ->type_name(flag.value_name)
        ->default_str(flag.default_text);
  }
}

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

}  // namespace mj
