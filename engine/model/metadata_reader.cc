#include "engine/model/metadata_reader.h"

#include <algorithm>
#include <vector>

#include "engine/model/invalid.h"

namespace mj {

std::string MetadataReader::Key(std::string_view name) const {
  return Concat(architecture_, ".", name);
}

void MetadataReader::Fail(absl::Status status) { status_.Update(status); }

absl::StatusOr<int64_t> MetadataReader::UniformInteger(
    const std::string& key) const {
  const GgufValue* value = file_.FindValue(key);
  if (value == nullptr || value->type != GgufType::kArray) {
    return file_.GetInteger(key);
  }
  auto values = file_.GetIntegers(key);
  if (!values.ok()) return values.status();
  if (values->empty()) {
    return Invalid(file_.label(), ": metadata key ", key, " is empty");
  }
  for (int64_t other : *values) {
    if (other == values->front()) continue;
    return Invalid(file_.label(), ": metadata key ", key, " holds ",
                   values->front(), " and ", other,
                   ": layers that differ are not supported");
  }
  return values->front();
}

int MetadataReader::Integer(std::string_view name, int least, int most,
                            std::optional<int> fallback) {
  const std::string key = Key(name);
  if (fallback.has_value() && !file_.Has(key)) return *fallback;
  auto value = UniformInteger(key);
  if (!value.ok()) {
    Fail(value.status());
  } else if (*value < least || *value > most) {
    Fail(Invalid(file_.label(), ": metadata key ", key, " is ", *value,
                 ", needs ", least, " to ", most));
  } else {
    return static_cast<int>(*value);
  }
  return least;
}

float MetadataReader::Float(std::string_view name, float least, float most,
                            std::optional<float> fallback) {
  const std::string key = Key(name);
  if (fallback.has_value() && !file_.Has(key)) return *fallback;
  auto value = file_.GetFloat(key);
  if (!value.ok()) {
    Fail(value.status());
  } else if (*value <= least || *value > most) {
    Fail(Invalid(file_.label(), ": metadata key ", key, " is ", *value,
                 ", needs more than ", least, " and at most ", most));
  } else {
    return static_cast<float>(*value);
  }
  return most;
}

bool MetadataReader::Bool(std::string_view name, bool fallback) {
  auto value = file_.FindBool(Key(name));
  if (!value.ok()) Fail(value.status());
  return value.ok() ? value->value_or(fallback) : fallback;
}

std::string MetadataReader::String(std::string_view name,
                                   std::string fallback) {
  auto value = file_.FindString(Key(name));
  if (!value.ok()) Fail(value.status());
  return value.ok() ? value->value_or(fallback) : fallback;
}

}  // namespace mj
