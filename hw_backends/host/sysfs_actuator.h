// An actuator of kernel files, whatever the driver: a plan says which files
// hold the setting, and one class acts on it.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_SYSFS_ACTUATOR_H_
#define MILLIJOULE_HW_BACKENDS_HOST_SYSFS_ACTUATOR_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hw_backends/actuator.h"
#include "hw_backends/host/sysfs_files.h"

namespace mj {

// One of the things that are set together: a CPU policy, a power zone.
struct SysfsKnob {
  std::vector<FileText> guards;   // read so as long as the plan holds
  std::vector<FileText> prepare;  // set before the value: governor, preference
  std::string floor;              // set to the same value; empty: none
  std::string ceiling;            // the value, as an integer
  double unit = 1;                // SI units in one of the files' counts
  double low = 0, high = 0;       // what it takes, in SI units
};

// All knobs get the value, or the end of their own range that is nearest to
// it; or, where it is a sum, an equal share of it each.
struct SysfsPlan {
  std::vector<SysfsKnob> knobs;
  bool is_sum = false;
  std::vector<std::string> actual;  // files of what runs now; the highest holds
  double actual_unit = 1;
};

// Every file that the plan may write.
std::vector<std::string> WrittenFiles(const SysfsPlan& plan);
// What they hold now, in the order in which to restore it: whom a value
// belongs to (the governor) before the value.
absl::StatusOr<std::vector<FileText>> ReadOriginals(const SysfsFiles& files,
                                                    const SysfsPlan& plan);

// The plan in action, in SI units. A knob whose files vanished (cores taken
// offline) is passed over; UNAVAILABLE when all are gone.
class SysfsControl final {
 public:
  // `files` outlives it; `originals` is what Restore() writes.
  SysfsControl(SysfsFiles& files, SysfsPlan plan,
               std::vector<FileText> originals);

  absl::StatusOr<double> Read() const;
  // Absent without such files, or while none can be read.
  std::optional<double> Actual() const;
  // REQUIRES: `value` is in the range.
  absl::StatusOr<double> Set(double value);
  absl::Status Restore();

 private:
  std::vector<const SysfsKnob*> PresentKnobs() const;
  double Target(const SysfsKnob& knob, double value) const;
  absl::Status SetKnob(const SysfsKnob& knob, double target,
                       std::vector<FileText>& undo);
  // What one knob reads back: of floor and ceiling the one further off.
  absl::StatusOr<double> ReadBack(const SysfsKnob& knob, double target) const;
  absl::StatusOr<double> Achieved(const std::vector<const SysfsKnob*>& knobs,
                                  double value) const;
  absl::Status WriteIfOther(const FileText& want, std::vector<FileText>& undo);

  SysfsFiles& files_;
  SysfsPlan plan_;
  std::vector<FileText> originals_;
  bool touched_ = false;
};

// Set() of several knobs returns what the furthest off reads, so that equality
// means that all obeyed.
template <class Q>
class SysfsActuator final : public Actuator<Q> {
 public:
  SysfsActuator(SysfsFiles& files, ActuatorInfo<Q> info, SysfsPlan plan,
                std::vector<FileText> originals)
      : info_(std::move(info)),
        control_(files, std::move(plan), std::move(originals)) {}

  const ActuatorInfo<Q>& info() const override { return info_; }
  absl::StatusOr<ActuatorReading<Q>> Read() override {
    const absl::StatusOr<double> setting = control_.Read();
    if (!setting.ok()) return setting.status();
    ActuatorReading<Q> reading{Q(*setting)};
    if (const std::optional<double> actual = control_.Actual()) {
      reading.actual = Q(*actual);
    }
    return reading;
  }
  absl::StatusOr<Q> Set(Q value) override {
    if (absl::Status in = CheckRange(info_, value); !in.ok()) return in;
    const absl::StatusOr<double> achieved =
        control_.Set(LevelFor(info_, value).value());
    if (!achieved.ok()) return achieved.status();
    return Q(*achieved);
  }
  absl::Status Restore() override { return control_.Restore(); }

 private:
  const ActuatorInfo<Q> info_;
  SysfsControl control_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_SYSFS_ACTUATOR_H_
