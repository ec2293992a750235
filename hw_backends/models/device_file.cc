#include "hw_backends/models/device_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hw_backends/models/coefficient_fields.h"
#include "hw_backends/models/data_files.h"

namespace mj {
namespace {

constexpr std::string_view kPlatforms = "platforms/";
constexpr std::string_view kSuffix = ".toml";

// Of the top folder, all but the factors of carbon are devices.
bool IsDevice(std::string_view file) {
  return file.starts_with(kPlatforms) ||
         (file.find('/') == std::string_view::npos && file != "carbon.toml");
}

std::optional<std::string> TextOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

// Of the devices' files of a folder, ascending; none where it cannot be read.
std::vector<std::string> NamesIn(const std::string& data_dir) {
  std::vector<std::string> names;
  std::error_code error;
  for (const std::string_view folder : {std::string_view(), kPlatforms}) {
    const std::filesystem::path path =
        std::filesystem::path(data_dir) / std::string(folder);
    if (data_dir.empty()) break;
    for (std::filesystem::directory_iterator at(path, error), end;
         !error && at != end; at.increment(error)) {
      const std::string file =
          absl::StrCat(std::string(folder), at->path().filename().string());
      if (file.ends_with(kSuffix) && IsDevice(file)) {
        names.push_back(at->path().stem().string());
      }
    }
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

absl::StatusOr<DeviceFile> DeviceFile::Find(std::string_view name,
                                            const std::string& data_dir) {
  const std::string word(name);
  const bool plain = word.find('/') == std::string::npos;
  const std::string files[] = {absl::StrCat(word, ".toml"),
                               absl::StrCat("platforms/", word, ".toml")};
  for (const std::string& file : files) {
    if (data_dir.empty() || !plain) break;
    const std::string path = absl::StrCat(data_dir, "/", file);
    const std::optional<std::string> text = TextOf(path);
    if (text && IsDevice(file)) return Parse(file, *text);
  }
  for (const DataFile& compiled : CompiledDataFiles()) {
    for (const std::string& file : files) {
      if (compiled.name == file && IsDevice(file)) {
        return Parse(file, compiled.text);
      }
    }
  }
  return absl::NotFoundError(
      absl::StrCat("no device is named \"", word,
                   "\"; known: ", absl::StrJoin(DeviceNames(data_dir), ", ")));
}

absl::StatusOr<DeviceFile> DeviceFile::Parse(std::string_view file,
                                             std::string_view text) {
  absl::StatusOr<CoefficientFile> parsed = CoefficientFile::Parse(file, text);
  if (!parsed.ok()) return parsed.status();
  DeviceFile device;
  device.file_ = *std::move(parsed);
  device.text_ = std::string(text);
  device.is_platform_ = file.starts_with(kPlatforms);
  return device;
}

absl::Status DeviceFile::Set(std::string_view assignment) {
  const std::string word(assignment);
  const size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", word, "' is not KEY=VALUE"));
  }
  const std::string key = word.substr(0, equals);
  const std::string value = word.substr(equals + 1);
  if (is_platform_ && key == "frequency") {
    double mhz = 0;
    if (!absl::SimpleAtod(value, &mhz)) {
      return absl::InvalidArgumentError(absl::StrCat(
          file_.name(), ": frequency is \"", value, "\", must be MHz"));
    }
    frequency_mhz_ = mhz;
  } else if (absl::Status s = file_.Override(key, value); !s.ok()) {
    return s;
  }
  absl::StrAppend(&text_, "\n", word);
  return absl::OkStatus();
}

absl::StatusOr<DeviceDescriptor> DeviceFile::ReadPlatformUnit() const {
  CoefficientFile file = file_;
  absl::StatusOr<PlatformDescriptor> platform = ReadPlatform(file);
  if (!platform.ok()) return platform.status();
  PlatformUnit unit{*std::move(platform)};
  unit.clock = static_cast<int>(unit.platform.clocks.size()) - 1;
  if (frequency_mhz_) {
    const absl::StatusOr<int> clock =
        NearestClock(unit.platform, Hertz(*frequency_mhz_ * 1e6));
    if (!clock.ok()) return clock.status();
    unit.clock = *clock;
  }
  DeviceDescriptor device;
  device.name = unit.platform.name;
  device.citation = "the platform's own file";
  device.cannot =
      "compute in other than its 16-bit floats: narrower operands are widened";
  device.input_bits = {8, 16};
  device.weight_bits = {2, 4, 8, 16};
  device.unit = std::move(unit);
  return device;
}

absl::StatusOr<DeviceDescriptor> DeviceFile::Read() const {
  CoefficientFile file = file_;
  absl::StatusOr<DeviceDescriptor> device =
      is_platform_ ? ReadPlatformUnit() : ReadDevice(file);
  if (device.ok()) device->calibration = CalibrationName(device->name, text_);
  return device;
}

std::vector<std::string> DeviceFile::AssumedKeys() const {
  std::vector<std::string> keys;
  for (const std::string& key : file_.Keys("")) {
    if (file_.Find(key)->kind == "assumed") keys.push_back(key);
  }
  return keys;
}

double DeviceFile::ValueOf(std::string_view key) const {
  return file_.Find(key)->value;
}

std::vector<std::string> DeviceNames(const std::string& data_dir) {
  std::vector<std::string> names, platforms;
  for (const DataFile& file : CompiledDataFiles()) {
    if (!IsDevice(file.name)) continue;
    std::string_view name = file.name;
    const bool platform = name.starts_with(kPlatforms);
    if (platform) name.remove_prefix(kPlatforms.size());
    name.remove_suffix(kSuffix.size());
    (platform ? platforms : names).push_back(std::string(name));
  }
  names.insert(names.end(), platforms.begin(), platforms.end());
  for (std::string& name : NamesIn(data_dir)) {
    if (std::ranges::find(names, name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

}  // namespace mj
