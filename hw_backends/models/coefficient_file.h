// Reads the data files of this folder: TOML in which a number is a table that
// says what it means and where it comes from,
//   key = { value = 94.0, unit = "pJ/byte", source = "...", kind = "measured" }
// with kind one of measured, model, assumed. Keys are dotted paths.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_COEFFICIENT_FILE_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_COEFFICIENT_FILE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mj {

struct Coefficient {
  double value = 0;  // in the file's unit
  std::string unit, source, kind;
  std::optional<int> year{};      // of the data; most coefficients have none
  std::string node{}, voltage{};  // of the chip: "65 nm", "0.8 V"; "-": neither
};

class CoefficientFile final {
 public:
  // INVALID_ARGUMENT: not TOML; or, naming file and key, a value that is
  // negative, not finite or not a number, a missing unit or source, an unknown
  // kind, or a leaf that is neither coefficient, text nor integers.
  static absl::StatusOr<CoefficientFile> Parse(std::string_view file,
                                               std::string_view text);

  // Getters: INVALID_ARGUMENT names file and key when the key is missing or of
  // another type or unit.

  // In SI units: `unit` is one of pJ/op, pJ/byte, W, Gop/s, GB/s, cores,
  // g/kWh, ratio, MHz, us, ms, s, GB, J, rows, L/kWh, kg, years (as it is),
  // ns, fJ, pJ, mW, fF, V, fJ/op, pJ/bit (as J/byte), Gsample/s, KiB, count,
  // op/cycle, mm2.
  absl::StatusOr<double> Number(std::string_view key, std::string_view unit);
  absl::StatusOr<std::string> Text(std::string_view key);
  absl::StatusOr<std::vector<int64_t>> Integers(std::string_view key);

  // The coefficient itself; nullptr if there is none of that key.
  const Coefficient* Find(std::string_view key) const;
  const std::string& name() const { return file_; }
  // Every coefficient's key that starts with `prefix`.
  std::vector<std::string> Keys(std::string_view prefix) const;
  bool Has(std::string_view key) const;
  // `text` in place of the value of `key`: a number in the coefficient's own
  // unit, integers' only one, or text. INVALID_ARGUMENT lists the keys where
  // there is none of that name, or says why the value is none.
  absl::Status Override(std::string_view key, std::string_view text);
  // INVALID_ARGUMENT names the first coefficient without `node` or `voltage`.
  absl::Status CheckNodes() const;
  // INVALID_ARGUMENT names a key that no getter asked for.
  absl::Status CheckAllRead() const;

 private:
  struct Reader;
  absl::Status Error(std::string_view key, std::string_view what) const;
  absl::Status CheckValue(std::string_view key, double value) const;

  std::string file_;
  std::map<std::string, Coefficient, std::less<>> coefficients_;
  std::map<std::string, std::string, std::less<>> texts_;
  std::map<std::string, std::vector<int64_t>, std::less<>> integers_;
  std::set<std::string, std::less<>> unread_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_COEFFICIENT_FILE_H_
