#include "hw_backends/host/read_sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

namespace fs = std::filesystem;

absl::Status Failure(const fs::path& path, int error) {
  const std::string message =
      absl::StrCat(path.string(), ": ", std::generic_category().message(error));
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(message);
  }
  return absl::UnavailableError(message);
}

}  // namespace

absl::StatusOr<std::string> ReadSysfsText(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Failure(path, errno);
  // Attributes are at most a page long, and whole only in one read.
  char text[4096];
  const ssize_t length = read(file, text, sizeof(text));
  const int error = errno;
  close(file);
  if (length < 0) return Failure(path, error);
  return std::string(absl::StripAsciiWhitespace(
      absl::string_view(text, static_cast<size_t>(length))));
}

absl::StatusOr<uint64_t> ReadSysfsNumber(const fs::path& path) {
  const absl::StatusOr<std::string> text = ReadSysfsText(path);
  if (!text.ok()) return text.status();
  uint64_t number = 0;
  if (!absl::SimpleAtoi(*text, &number)) {
    return absl::UnavailableError(absl::StrCat(
        path.string(), ": holds '", text->substr(0, 40), "', not a number"));
  }
  return number;
}

std::vector<fs::path> SysfsEntries(const fs::path& folder,
                                   std::string_view prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(prefix)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    const std::string& x = a.native();
    const std::string& y = b.native();
    return x.size() != y.size() ? x.size() < y.size() : x < y;
  });
  return found;
}

}  // namespace mj
