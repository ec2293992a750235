#include "server/openai/budget_fields.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mj {
namespace {

// A number above 0, in T's unit.
template <class T>
void ReadPositive(FieldReader& reader, const char* name,
                  std::optional<T>& out) {
  const Json* value = reader.Find(name);
  if (value == nullptr) return;
  const double number = value->is_number() ? value->get<double>() : NAN;
  if (!(number > 0)) {
    return reader.Fail(
        name, absl::StrCat(Quoted(*value), " is not a number above 0"));
  }
  out = T(number);
}

constexpr std::array<const char*, 3> kEnergyKeys = {"max_joules", "quality",
                                                    "shadow"};

// A misspelt limit must not be no limit.
void RefuseUnknownKeys(const Json& energy, FieldReader& fields) {
  for (const auto& [key, value] : energy.items()) {
    if (std::ranges::find(kEnergyKeys, key) != kEnergyKeys.end()) continue;
    fields.Fail(key, absl::StrCat("is unknown; known: ",
                                  absl::StrJoin(kEnergyKeys, ", ")));
  }
}

void ReadQuality(FieldReader& fields, Request& request) {
  std::string name = "full";
  fields.Read("quality", name);
  const absl::StatusOr<Quality> quality = ParseQuality(name);
  if (!quality.ok()) {
    return fields.Fail("quality", std::string(quality.status().message()));
  }
  request.quality = *quality;
}

void ReadEnergy(FieldReader& reader, Request& request) {
  const Json* energy = reader.Find("energy");
  if (energy == nullptr) return;
  if (!energy->is_object()) {
    return reader.Fail("energy",
                       absl::StrCat(Quoted(*energy), " is not an object"));
  }
  FieldReader fields(*energy, "energy.");
  ReadPositive(fields, "max_joules", request.max_energy);
  ReadQuality(fields, request);
  fields.Read("shadow", request.wants_shadow);
  RefuseUnknownKeys(*energy, fields);
  if (!fields.ok()) reader.Fail(fields.status());
}

// Clients send all of OpenAI's tiers; but for flex there is one here.
void ReadServiceTier(FieldReader& reader, Request& request) {
  std::string tier = "auto";
  reader.Read("service_tier", tier);
  for (const char* known : {"auto", "default", "flex", "priority", "scale"}) {
    if (tier != known) continue;
    request.flex = tier == "flex";
    return;
  }
  reader.Fail("service_tier",
              absl::StrCat("'", tier.substr(0, 60),
                           "' is none of auto, default, flex, priority, "
                           "scale"));
}

void ReadSpeculation(FieldReader& reader, Request& request) {
  std::string name = "auto";
  reader.Read("speculation", name);
  const absl::StatusOr<Speculation> speculation = ParseSpeculation(name);
  if (!speculation.ok()) {
    return reader.Fail("speculation",
                       std::string(speculation.status().message()));
  }
  request.speculation = *speculation;
}

}  // namespace

void ReadBudgetFields(FieldReader& reader, Request& request) {
  ReadEnergy(reader, request);
  ReadServiceTier(reader, request);
  ReadSpeculation(reader, request);
  ReadPositive(reader, "timeout", request.timeout);
}

}  // namespace mj
