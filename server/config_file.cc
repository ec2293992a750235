#include "server/config_file.h"

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

}  // namespace mj
