#include "hw_backends/host/sysfs_actuator.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

int64_t Counts(const SysfsKnob& knob, double value) {
  return std::llround(value / knob.unit);
}

absl::Status CheckGuards(const SysfsFiles& files, const SysfsKnob& knob) {
  for (const FileText& guard : knob.guards) {
    const absl::StatusOr<std::string> now = files.Read(guard.path);
    if (!now.ok()) return now.status();
    if (*now == guard.text) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("/", guard.path, " is \"", *now, "\" now, and was \"",
                     guard.text, "\" when the actuator was found"));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> WrittenFiles(const SysfsPlan& plan) {
  std::vector<std::string> paths;
  for (const SysfsKnob& knob : plan.knobs) {
    for (const FileText& file : knob.prepare) paths.push_back(file.path);
    if (!knob.floor.empty()) paths.push_back(knob.floor);
    paths.push_back(knob.ceiling);
  }
  return paths;
}

absl::StatusOr<std::vector<FileText>> ReadOriginals(const SysfsFiles& files,
                                                    const SysfsPlan& plan) {
  std::vector<FileText> originals;
  for (const std::string& path : WrittenFiles(plan)) {
    absl::StatusOr<std::string> text = files.Read(path);
    if (!text.ok()) return text.status();
    // What scaling_setspeed says under any governor but userspace.
    if (*text == "<unsupported>") continue;
    originals.push_back({path, *std::move(text)});
  }
  return originals;
}

SysfsControl::SysfsControl(SysfsFiles& files, SysfsPlan plan,
                           std::vector<FileText> originals)
    : files_(files), plan_(std::move(plan)), originals_(std::move(originals)) {}

std::vector<const SysfsKnob*> SysfsControl::PresentKnobs() const {
  std::vector<const SysfsKnob*> present;
  for (const SysfsKnob& knob : plan_.knobs) {
    if (!absl::IsNotFound(files_.Read(knob.ceiling).status())) {
      present.push_back(&knob);
    }
  }
  return present;
}

double SysfsControl::Target(const SysfsKnob& knob, double value) const {
  if (plan_.is_sum) value /= static_cast<double>(plan_.knobs.size());
  return std::clamp(value, knob.low, knob.high);
}

absl::StatusOr<double> SysfsControl::Read() const {
  const std::vector<const SysfsKnob*> knobs = PresentKnobs();
  double sum = 0, highest = 0;
  for (const SysfsKnob* knob : knobs) {
    const absl::StatusOr<int64_t> counts = ReadInteger(files_, knob->ceiling);
    if (!counts.ok()) return counts.status();
    const double value = static_cast<double>(*counts) * knob->unit;
    sum += value;
    highest = std::max(highest, value);
  }
  if (knobs.empty()) {
    return absl::UnavailableError(
        absl::StrCat("/", plan_.knobs[0].ceiling, " is gone"));
  }
  return plan_.is_sum ? sum : highest;
}

std::optional<double> SysfsControl::Actual() const {
  std::optional<double> highest;
  for (const std::string& path : plan_.actual) {
    const absl::StatusOr<int64_t> counts = ReadInteger(files_, path);
    if (!counts.ok()) continue;
    const double value = static_cast<double>(*counts) * plan_.actual_unit;
    highest = std::max(highest.value_or(value), value);
  }
  return highest;
}

absl::StatusOr<double> SysfsControl::Set(double value) {
  const std::vector<const SysfsKnob*> knobs = PresentKnobs();
  if (knobs.empty()) {
    return absl::UnavailableError(
        absl::StrCat("/", plan_.knobs[0].ceiling, " is gone"));
  }
  for (const SysfsKnob* knob : knobs) {
    if (absl::Status held = CheckGuards(files_, *knob); !held.ok()) return held;
  }
  touched_ = true;
  std::vector<FileText> undo;
  for (const SysfsKnob* knob : knobs) {
    const absl::Status set = SetKnob(*knob, Target(*knob, value), undo);
    if (set.ok()) continue;
    std::reverse(undo.begin(), undo.end());
    RestoreFiles(files_, undo).IgnoreError();  // the cause matters more
    return set;
  }
  return Achieved(knobs, value);
}

absl::Status SysfsControl::SetKnob(const SysfsKnob& knob, double target,
                                   std::vector<FileText>& undo) {
  for (const FileText& file : knob.prepare) {
    if (absl::Status set = WriteIfOther(file, undo); !set.ok()) return set;
  }
  const int64_t counts = Counts(knob, target);
  const FileText ceiling{knob.ceiling, absl::StrCat(counts)};
  if (knob.floor.empty()) return WriteIfOther(ceiling, undo);
  const FileText floor{knob.floor, absl::StrCat(counts)};
  const absl::StatusOr<int64_t> old_floor = ReadInteger(files_, knob.floor);
  if (!old_floor.ok()) return old_floor.status();
  // The kernel refuses or bends a ceiling under the floor.
  const bool floor_first = counts < *old_floor;
  absl::Status set = WriteIfOther(floor_first ? floor : ceiling, undo);
  if (set.ok()) set = WriteIfOther(floor_first ? ceiling : floor, undo);
  return set;
}

absl::Status SysfsControl::WriteIfOther(const FileText& want,
                                        std::vector<FileText>& undo) {
  absl::StatusOr<std::string> now = files_.Read(want.path);
  if (!now.ok()) return now.status();
  if (*now == want.text) return absl::OkStatus();
  if (absl::Status wrote = files_.Write(want.path, want.text); !wrote.ok()) {
    return wrote;
  }
  if (*now != "<unsupported>") undo.push_back({want.path, *std::move(now)});
  return absl::OkStatus();
}

absl::StatusOr<double> SysfsControl::ReadBack(const SysfsKnob& knob,
                                              double target) const {
  double furthest = target, distance = -1;
  for (const std::string& path : {knob.ceiling, knob.floor}) {
    if (path.empty()) continue;
    const absl::StatusOr<int64_t> counts = ReadInteger(files_, path);
    if (!counts.ok()) return counts.status();
    const double value = static_cast<double>(*counts) * knob.unit;
    if (std::abs(value - target) <= distance) continue;
    furthest = value;
    distance = std::abs(value - target);
  }
  return furthest;
}

absl::StatusOr<double> SysfsControl::Achieved(
    const std::vector<const SysfsKnob*>& knobs, double value) const {
  double sum = 0, worst = 0, nearest = 0;
  double most_off = -1, least_off = -1;
  for (const SysfsKnob* knob : knobs) {
    const double target = Target(*knob, value);
    const absl::StatusOr<double> back = ReadBack(*knob, target);
    if (!back.ok()) return back.status();
    sum += *back;
    const double off = std::abs(*back - target);
    // Half a count is rounding.
    if (off > knob->unit * 0.51 && off > most_off) {
      most_off = off;
      worst = *back;
    }
    if (least_off < 0 || std::abs(*back - value) < least_off) {
      least_off = std::abs(*back - value);
      nearest = *back;
    }
  }
  if (plan_.is_sum) return sum;
  return most_off < 0 ? nearest : worst;
}

absl::Status SysfsControl::Restore() {
  if (!touched_) return absl::OkStatus();
  absl::Status restored = RestoreFiles(files_, originals_);
  touched_ = !restored.ok();
  return restored;
}

}  // namespace mj
