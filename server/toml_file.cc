#include "server/toml_file.h"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace mj {

absl::StatusOr<toml::table> ParseToml(std::string_view file,
                                      std::string_view text) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {  // toml++ reports by throwing
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(file), ", line ", error.source().begin.line,
                     ": ", std::string(error.description())));
  }
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return absl::NotFoundError(absl::StrCat("cannot read '", path, "'"));
  }
  return text.str();
}

}  // namespace mj
