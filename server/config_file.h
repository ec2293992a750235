// Flags from a TOML file.
#ifndef MILLIJOULE_SERVER_CONFIG_FILE_H_
#define MILLIJOULE_SERVER_CONFIG_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/flag.h"

namespace mj {

// Sets flags from `key = value` lines; keys are the flags' names.
// INVALID_ARGUMENT: not TOML (with its line), a key that is no flag, or a
// value the flag refuses. NOT_FOUND: the file cannot be read.
absl::Status ApplyConfig(const std::string& path,
                         const std::vector<Flag>& flags);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_CONFIG_FILE_H_
