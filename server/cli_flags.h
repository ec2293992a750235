// Puts tables of flags on a command line, and reads them from TOML.
#ifndef MILLIJOULE_SERVER_CLI_FLAGS_H_
#define MILLIJOULE_SERVER_CLI_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/flag.h"

namespace mj {

// `flags` must outlive the parsing. Parsing throws CLI::ParseError, as CLI11
// does, with the flag and its Status' message.
void AddFlags(CLI::App& app, const std::vector<Flag>& flags);

// Adds --config FILE before the flags, so that the command line wins.
void AddConfigFlag(CLI::App& app, const std::vector<Flag>& flags);

// Sets flags from `key = value` lines; keys are the flags' names.
// INVALID_ARGUMENT: not TOML (with its line), a key that is no flag, or a
// value the flag refuses. NOT_FOUND: the file cannot be read.
absl::Status ApplyConfig(const std::string& path,
                         const std::vector<Flag>& flags);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_CLI_FLAGS_H_
