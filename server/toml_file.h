// TOML files of the operator, with errors that name the place.
#ifndef MILLIJOULE_SERVER_TOML_FILE_H_
#define MILLIJOULE_SERVER_TOML_FILE_H_

#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mj {

// INVALID_ARGUMENT names the file and the line.
absl::StatusOr<toml::table> ParseToml(std::string_view file,
                                      std::string_view text);
// A file's content. NOT_FOUND: it cannot be read.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_TOML_FILE_H_
