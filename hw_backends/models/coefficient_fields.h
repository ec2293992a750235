// Reads a data file key after key and remembers the first error, so that a
// parser is a list of its keys.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_COEFFICIENT_FIELDS_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_COEFFICIENT_FIELDS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "hw_backends/models/coefficient_file.h"

namespace mj {

// Getters return zero values once something is wrong; status() says what.
class CoefficientFields final {
 public:
  explicit CoefficientFields(CoefficientFile& file) : file_(file) {}

  double Positive(const std::string& key, std::string_view unit);
  double Number(const std::string& key, std::string_view unit) {
    return Take(file_.Number(key, unit));
  }
  std::string Text(const std::string& key) { return Take(file_.Text(key)); }
  std::vector<int64_t> Integers(const std::string& key) {
    return Take(file_.Integers(key));
  }
  // One integer of at least 1.
  int64_t Count(const std::string& key);
  // A number without a fraction, from `min` to 1e7, in unit "count".
  int64_t Whole(const std::string& key, int64_t min);
  // A number from 0 to 1, in unit "ratio".
  double Part(const std::string& key);
  // INVALID_ARGUMENT "FILE: KEY WHAT" where `good` is false.
  void Require(bool good, const std::string& key, std::string_view what);
  void Keep(absl::Status status) { status_.Update(std::move(status)); }
  const absl::Status& status() const { return status_; }

 private:
  template <class T>
  T Take(absl::StatusOr<T> value) {
    if (value.ok()) return *std::move(value);
    Keep(value.status());
    return T{};
  }

  CoefficientFile& file_;
  absl::Status status_;
};

// "NAME-1a2b3c4d": a name and a digest that tells one version of a file's text
// from another.
std::string CalibrationName(std::string_view name, std::string_view text);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_COEFFICIENT_FIELDS_H_
