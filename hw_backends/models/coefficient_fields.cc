#include "hw_backends/models/coefficient_fields.h"

#include <cmath>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

uint32_t Fnv1a(std::string_view text) {
  uint32_t hash = 2166136261u;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  return hash;
}

}  // namespace

double CoefficientFields::Positive(const std::string& key,
                                   std::string_view unit) {
  const double value = Number(key, unit);
  Require(value > 0, key, "is 0, must be positive");
  return value;
}

int64_t CoefficientFields::Count(const std::string& key) {
  const std::vector<int64_t> values = Integers(key);
  const bool good = values.size() == 1 && values[0] >= 1;
  Require(good, key, "must be one integer of at least 1");
  return good ? values[0] : 1;
}

int64_t CoefficientFields::Whole(const std::string& key, int64_t min) {
  const double value = Number(key, "count");
  const bool good = value >= static_cast<double>(min) && value <= 1e7 &&
                    value == std::floor(value);
  Require(good, key,
          absl::StrCat("is ", value, ", must be a whole number from ", min,
                       " to 1e7"));
  return good ? static_cast<int64_t>(value) : min;
}

double CoefficientFields::Part(const std::string& key) {
  const double part = Number(key, "ratio");
  Require(part <= 1, key, absl::StrCat("is ", part, ", must be at most 1"));
  return part;
}

void CoefficientFields::Require(bool good, const std::string& key,
                                std::string_view what) {
  if (good) return;
  Keep(absl::InvalidArgumentError(
      absl::StrCat(file_.name(), ": ", key, " ", std::string(what))));
}

std::string CalibrationName(std::string_view name, std::string_view text) {
  return absl::StrCat(std::string(name), "-",
                      absl::Hex(Fnv1a(text), absl::kZeroPad8));
}

}  // namespace mj
