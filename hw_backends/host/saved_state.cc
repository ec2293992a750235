#include "hw_backends/host/saved_state.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace mj {
namespace {

constexpr absl::string_view kVersion = "millijoule-actuator-state 1";

bool IsKnob(absl::string_view name) {
  for (absl::string_view known :
       {"scaling_governor", "scaling_setspeed", "scaling_min_freq",
        "scaling_max_freq", "energy_performance_preference", "min_perf_pct",
        "max_perf_pct", "enabled"}) {
    if (name == known) return true;
  }
  return absl::StartsWith(name, "constraint_") &&
         absl::EndsWith(name, "_power_limit_uw");
}

bool IsOurs(absl::string_view path) {
  const std::vector<absl::string_view> parts = absl::StrSplit(path, '/');
  for (absl::string_view part : parts) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  const bool in_a_folder_of_ours =
      absl::StartsWith(path, "sys/devices/system/cpu/cpufreq/policy") ||
      absl::StartsWith(path, "sys/devices/system/cpu/intel_pstate/") ||
      absl::StartsWith(path, "sys/class/powercap/intel-rapl:");
  return in_a_folder_of_ours && IsKnob(parts.back());
}

bool IsPlain(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isprint(c); });
}

bool ParseFile(absl::string_view rest, SavedState& state) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(rest, absl::MaxSplits(' ', 1));
  if (!IsOurs(parts.first) || !IsPlain(parts.second)) return false;
  state.files.push_back({parts.first, parts.second});
  return true;
}

bool ParseGpu(absl::string_view rest, SavedState& state) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(rest, absl::MaxSplits(' ', 1));
  SavedGpu gpu{.uuid = parts.first};
  if (gpu.uuid.empty() || !IsPlain(gpu.uuid) ||
      !absl::SimpleAtoi(parts.second, &gpu.power_limit_milliwatts)) {
    return false;
  }
  state.gpus.push_back(std::move(gpu));
  return true;
}

bool ParseLine(absl::string_view line, SavedState& state) {
  if (absl::ConsumePrefix(&line, "file ")) return ParseFile(line, state);
  if (absl::ConsumePrefix(&line, "gpu ")) return ParseGpu(line, state);
  if (!absl::ConsumePrefix(&line, "boot ")) return false;
  state.boot = std::string(line);
  return true;
}

}  // namespace

std::string ReadBootId(const SysfsFiles& files) {
  return files.Read("proc/sys/kernel/random/boot_id").value_or("");
}

std::string FormatSavedState(const SavedState& state) {
  std::string text = absl::StrCat(kVersion, "\nboot ", state.boot, "\n");
  for (const FileText& file : state.files) {
    absl::StrAppend(&text, "file ", file.path, " ", file.text, "\n");
  }
  for (const SavedGpu& gpu : state.gpus) {
    absl::StrAppend(&text, "gpu ", gpu.uuid, " ", gpu.power_limit_milliwatts,
                    "\n");
  }
  return text + "end\n";
}

absl::StatusOr<SavedState> ParseSavedState(std::string_view text) {
  const std::vector<absl::string_view> lines =
      absl::StrSplit(absl::string_view(text.data(), text.size()), '\n');
  SavedState state;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0 && lines[i] == "end") return state;
    if (i == 0 ? lines[i] == kVersion : ParseLine(lines[i], state)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "saved state, line ", i + 1, ": \"", absl::CHexEscape(lines[i]),
        "\" is not one that an actuator writes"));
  }
  return absl::InvalidArgumentError("saved state: its end is missing");
}

absl::Status RestoreState(SysfsFiles& files, const NvmlLibrary* nvml,
                          const SavedState& state) {
  if (state.boot != ReadBootId(files)) return absl::OkStatus();
  absl::Status restored = RestoreFiles(files, state.files);
  for (const SavedGpu& gpu : state.gpus) {
    restored.Update(nvml != nullptr ? RestoreGpu(*nvml, gpu)
                                    : absl::UnavailableError(absl::StrCat(
                                          "not restored: GPU ", gpu.uuid,
                                          ", without NVML")));
  }
  return restored;
}

}  // namespace mj
