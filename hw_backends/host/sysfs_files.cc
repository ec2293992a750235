#include "hw_backends/host/sysfs_files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mj {
namespace {

absl::Status Failed(int error, absl::string_view verb,
                    const std::string& path) {
  if (error == EROFS) {
    return absl::FailedPreconditionError(
        absl::StrCat(verb, " /", path, ": /sys is mounted read-only"));
  }
  return absl::ErrnoToStatus(error, absl::StrCat(verb, " /", path));
}

bool Reads(const SysfsFiles& files, const FileText& want) {
  const absl::StatusOr<std::string> now = files.Read(want.path);
  return now.ok() ? *now == want.text : absl::IsNotFound(now.status());
}

// Those of `originals` that still read otherwise, each with its reason.
std::vector<std::pair<FileText, std::string>> WriteAll(
    SysfsFiles& files, const std::vector<FileText>& originals) {
  std::vector<std::pair<FileText, std::string>> left;
  for (const FileText& original : originals) {
    if (Reads(files, original)) continue;
    const absl::Status wrote = files.Write(original.path, original.text);
    if (wrote.ok() && Reads(files, original)) continue;
    left.emplace_back(
        original,
        wrote.ok()
            ? absl::StrCat("/", original.path, " took \"", original.text,
                           "\" but reads \"",
                           files.Read(original.path).value_or("nothing"), "\"")
            : std::string(wrote.message()));
  }
  return left;
}

}  // namespace

HostSysfs::HostSysfs(std::string root) : root_(std::move(root)) {
  while (!root_.empty() && root_.back() == '/') root_.pop_back();
  root_ += '/';
}

absl::StatusOr<std::string> HostSysfs::Read(const std::string& path) const {
  const int fd = open((root_ + path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed(errno, "reading", path);
  const absl::Cleanup closer = [fd] { close(fd); };
  char text[4096];  // sysfs shows at most one page
  const ssize_t size = read(fd, text, sizeof(text));
  if (size < 0) return Failed(errno, "reading", path);
  const absl::string_view all(text, static_cast<size_t>(size));
  return std::string(absl::StripAsciiWhitespace(all.substr(0, all.find('\n'))));
}

absl::Status HostSysfs::Write(const std::string& path, std::string_view text) {
  const int fd = open((root_ + path).c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return Failed(errno, "writing", path);
  const absl::Cleanup closer = [fd] { close(fd); };
  // One call, as sysfs takes a value whole.
  const ssize_t size = write(fd, text.data(), text.size());
  if (size == static_cast<ssize_t>(text.size())) return absl::OkStatus();
  return Failed(size < 0 ? errno : EIO,
                absl::StrCat("writing ", std::string(text), " to"), path);
}

absl::Status HostSysfs::CheckWritable(const std::string& path) const {
  if (access((root_ + path).c_str(), W_OK) == 0) return absl::OkStatus();
  return Failed(errno, "writing", path);
}

std::vector<std::string> HostSysfs::List(const std::string& folder) const {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(root_ + folder, error), end;
       !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<int64_t> ReadInteger(const SysfsFiles& files,
                                    const std::string& path) {
  const absl::StatusOr<std::string> text = files.Read(path);
  if (!text.ok()) return text.status();
  int64_t number = 0;
  if (absl::SimpleAtoi(*text, &number)) return number;
  return absl::InvalidArgumentError(
      absl::StrCat("/", path, " holds \"", *text, "\", not an integer"));
}

absl::Status RestoreFiles(SysfsFiles& files,
                          const std::vector<FileText>& originals) {
  std::vector<FileText> again;
  for (auto& [file, reason] : WriteAll(files, originals)) {
    again.push_back(std::move(file));
  }
  std::vector<std::string> reasons;
  for (auto& [file, reason] : WriteAll(files, again)) {
    reasons.push_back(std::move(reason));
  }
  if (reasons.empty()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("not restored: ", absl::StrJoin(reasons, "; ")));
}

}  // namespace mj
