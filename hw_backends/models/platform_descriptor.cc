#include "hw_backends/models/platform_descriptor.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hw_backends/models/coefficient_fields.h"
#include "hw_backends/models/data_files.h"

namespace mj {
namespace {

constexpr std::string_view kFolder = "platforms/";
constexpr int kMostClocks = 256;

void ReadClocks(CoefficientFields& fields, PlatformDescriptor& p) {
  const double low = fields.Positive("clock.min", "MHz");
  const double high = fields.Positive("clock.max", "MHz");
  const double step = fields.Positive("clock.step", "MHz");
  if (!fields.status().ok()) return;
  const double count = std::round((high - low) / step) + 1;
  const bool good = high >= low && count <= kMostClocks &&
                    std::abs(low + (count - 1) * step - high) < 1;
  fields.Require(good, "clock.max",
                 absl::StrCat("must be clock.min and a whole number of steps, ",
                              "at most ", kMostClocks, " clocks"));
  if (!good) return;
  for (int i = 0; i < count; ++i) p.clocks.push_back(Hertz(low + i * step));
}

// [voltage.1], [voltage.2], ...: ascending clocks.
void ReadVoltage(const CoefficientFile& file, CoefficientFields& fields,
                 PlatformDescriptor& p) {
  for (int i = 1;; ++i) {
    const std::string point = absl::StrCat("voltage.", i);
    if (!file.Has(point + ".clock")) break;
    p.voltage.push_back({Hertz(fields.Positive(point + ".clock", "MHz")),
                         fields.Positive(point + ".volts", "ratio")});
    const size_t n = p.voltage.size();
    fields.Require(n < 2 || p.voltage[n - 1].clock > p.voltage[n - 2].clock,
                   point + ".clock", "must be above the point before it");
  }
  fields.Require(!p.voltage.empty(), "voltage.1.clock", "is missing");
}

void ReadRates(CoefficientFields& fields, PlatformDescriptor& p) {
  p.linear_per_second = fields.Positive("rate.linear", "Gop/s");
  p.other_per_second = fields.Positive("rate.other", "Gop/s");
  p.rate_exponent = fields.Positive("rate.exponent", "ratio");
  p.bytes_per_second = fields.Positive("memory.bandwidth", "GB/s");
  p.bandwidth_corner = Hertz(fields.Number("memory.corner", "MHz"));
  p.memory_bytes = static_cast<int64_t>(fields.Positive("memory.size", "GB"));
  p.usable_memory = fields.Positive("memory.usable", "ratio");
  fields.Require(p.usable_memory <= 1, "memory.usable", "is over 1");
  p.tile_rows = fields.Count("tile_rows");
  p.step_overhead = Seconds(fields.Number("overhead.step", "us"));
  p.sequence_overhead = Seconds(fields.Number("overhead.sequence", "us"));
}

void ReadPower(CoefficientFields& fields, PlatformDescriptor& p) {
  p.idle_constant = Watts(fields.Number("idle.constant", "W"));
  p.idle_leakage = Watts(fields.Number("idle.leakage", "W"));
  p.leakage_exponent = fields.Number("idle.leakage_exponent", "ratio");
  p.idle_clocking = Watts(fields.Number("idle.clocking", "W"));
  p.busy_constant = Watts(fields.Number("busy.constant", "W"));
  p.busy_clocking = Watts(fields.Number("busy.clocking", "W"));
  p.linear_operation = Joules(fields.Number("operation.linear", "pJ/op"));
  p.other_operation = Joules(fields.Number("operation.other", "pJ/op"));
  p.memory_byte = Joules(fields.Number("byte.memory", "pJ/byte"));
  p.control_byte = Joules(fields.Number("byte.control", "pJ/byte"));
  p.parked = Watts(fields.Number("parked.power", "W"));
  p.wake_parked = Seconds(fields.Number("parked.wake", "ms"));
  p.dropped = Watts(fields.Number("dropped.power", "W"));
  p.restart = Seconds(fields.Number("dropped.restart", "s"));
  p.reload_rate = fields.Positive("dropped.reload", "GB/s");
  p.switch_latency = Seconds(fields.Number("switch.latency", "ms"));
  p.switch_energy = Joules(fields.Number("switch.energy", "J"));
}

}  // namespace

absl::StatusOr<PlatformDescriptor> ParsePlatformDescriptor(
    std::string_view file_name, std::string_view text) {
  absl::StatusOr<CoefficientFile> file =
      CoefficientFile::Parse(file_name, text);
  if (!file.ok()) return file.status();
  absl::StatusOr<PlatformDescriptor> p = ReadPlatform(*file);
  if (p.ok()) p->calibration = CalibrationName(p->name, text);
  return p;
}

absl::StatusOr<PlatformDescriptor> ReadPlatform(CoefficientFile& file) {
  CoefficientFields fields(file);
  PlatformDescriptor p;
  p.name = fields.Text("name");
  ReadClocks(fields, p);
  ReadVoltage(file, fields, p);
  ReadRates(fields, p);
  ReadPower(fields, p);
  fields.Keep(file.CheckAllRead());
  if (!fields.status().ok()) return fields.status();
  return p;
}

absl::StatusOr<PlatformDescriptor> FindPlatform(std::string_view name) {
  std::vector<std::string> known;
  for (const DataFile& file : CompiledDataFiles()) {
    if (!file.name.starts_with(kFolder)) continue;
    absl::StatusOr<PlatformDescriptor> platform =
        ParsePlatformDescriptor(file.name, file.text);
    if (!platform.ok() || platform->name == name) return platform;
    known.push_back(platform->name);
  }
  return absl::NotFoundError(
      absl::StrCat("no platform is named \"", std::string(name),
                   "\"; known: ", absl::StrJoin(known, ", ")));
}

int ClockAtLeast(std::span<const Hertz> clocks, Hertz clock) {
  const auto it = std::lower_bound(clocks.begin(), clocks.end(), clock);
  return static_cast<int>(
      std::min<ptrdiff_t>(it - clocks.begin(), std::ssize(clocks) - 1));
}

absl::StatusOr<int> NearestClock(const PlatformDescriptor& platform,
                                 Hertz clock) {
  const std::vector<Hertz>& clocks = platform.clocks;
  if (!(clock >= clocks.front() && clock <= clocks.back())) {
    return absl::OutOfRangeError(absl::StrCat(
        "the frequency is ", clock.value() / 1e6, " MHz; ", platform.name,
        " has clocks from ", clocks.front().value() / 1e6, " to ",
        clocks.back().value() / 1e6, " MHz"));
  }
  const int above = ClockAtLeast(clocks, clock);
  if (above == 0) return 0;
  const bool nearer_below = clock - clocks[above - 1] < clocks[above] - clock;
  return nearer_below ? above - 1 : above;
}

double RelativeVoltage(const PlatformDescriptor& platform, Hertz clock) {
  const std::vector<VoltagePoint>& points = platform.voltage;
  const auto at = [&points](Hertz f) {
    if (f <= points.front().clock) return points.front().volts;
    for (size_t i = 1; i < points.size(); ++i) {
      if (f > points[i].clock) continue;
      const VoltagePoint &a = points[i - 1], &b = points[i];
      const double part = (f - a.clock) / (b.clock - a.clock);
      return a.volts + part * (b.volts - a.volts);
    }
    return points.back().volts;
  };
  return at(clock) / at(platform.clocks.back());
}

}  // namespace mj
