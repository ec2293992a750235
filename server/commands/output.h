// What commands print in the same way.
#ifndef MILLIJOULE_SERVER_COMMANDS_OUTPUT_H_
#define MILLIJOULE_SERVER_COMMANDS_OUTPUT_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/device_stats.h"
#include "engine/provenance.h"
#include "hw_backends/quantities.h"
#include "server/openai/json_reader.h"

namespace mj {

// "millijoule: MESSAGE" on standard error; returns 1.
int PrintError(const absl::Status& status);

// Adds commit, build, cpu, isa, numerics, model_fingerprint and calibration.
// What does not apply is null.
void AddProvenance(const Provenance& from, Json& json);

// Adds bit_activity: how often a simulated device's lines were one or toggled,
// of their cycles, since the engine's start. Nothing where none are counted.
void AddBitActivity(const std::optional<DeviceStats>& device, Json& json);

// "12.3 mJ": 3 significant digits in J, mJ or uJ.
std::string FormatJoules(Joules energy);

// NOT_FOUND: the file cannot be read.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_COMMANDS_OUTPUT_H_
