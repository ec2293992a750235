#include "hw_backends/models/voltage_table.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

OperatingPoint Between(const OperatingPoint& a, const OperatingPoint& b,
                       double volts) {
  const double part = (volts - a.volts) / (b.volts - a.volts);
  return {volts, a.energy + part * (b.energy - a.energy),
          a.delay + part * (b.delay - a.delay)};
}

}  // namespace

OperatingPoint ReadOperatingPoint(const CoefficientFile& file,
                                  CoefficientFields& fields, PointHolds holds,
                                  std::string_view energy_unit) {
  std::vector<OperatingPoint> points;
  for (int i = 1; file.Has(absl::StrCat("point.", i, ".volts")); ++i) {
    const std::string key = absl::StrCat("point.", i);
    OperatingPoint p;
    p.volts = fields.Positive(key + ".volts", "V");
    if (holds != PointHolds::kVolts) {
      p.energy = Joules(fields.Positive(key + ".energy", energy_unit));
    }
    if (holds == PointHolds::kEnergyAndDelay) {
      p.delay = Seconds(fields.Positive(key + ".delay", "ns"));
    }
    fields.Require(points.empty() || p.volts > points.back().volts,
                   key + ".volts", "must be above the point before it");
    points.push_back(p);
  }
  const double volts = fields.Positive("voltage", "V");
  fields.Require(!points.empty(), "point.1.volts", "is missing");
  if (!fields.status().ok()) return {};
  const double low = points.front().volts, high = points.back().volts;
  fields.Require(volts >= low && volts <= high, "voltage",
                 absl::StrCat("is ", volts, " V, must be within the points' ",
                              low, " to ", high, " V"));
  for (size_t i = 0; i < points.size(); ++i) {
    if (volts == points[i].volts) return points[i];
    if (volts < points[i].volts && i > 0) {
      return Between(points[i - 1], points[i], volts);
    }
  }
  return {};
}

Hertz ReadClock(CoefficientFields& fields) {
  const double clock = fields.Positive("clock", "MHz");
  const double low = fields.Positive("clock_min", "MHz");
  const double high = fields.Positive("clock_max", "MHz");
  fields.Require(clock >= low && clock <= high, "clock",
                 absl::StrCat("is ", clock / 1e6, " MHz, must be within ",
                              low / 1e6, " to ", high / 1e6, " MHz"));
  return Hertz(clock);
}

}  // namespace mj
