#include "server/request_headers.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/request/request_error.h"

namespace mj {
namespace {

constexpr size_t kMaxShown = 60;  // bytes of a value

template <class T>
void Tighten(std::optional<T>& to, T value) {
  to = to ? std::min(*to, value) : value;
}

// Digits, not what else passes for a number in C: "0x10", "nan".
bool IsDecimal(std::string_view text, double& value) {
  constexpr std::string_view kDecimal = "0123456789+-.eE";
  return text.find_first_not_of(kDecimal) == std::string_view::npos &&
         absl::SimpleAtod(absl::string_view(text.data(), text.size()),
                          &value) &&
         std::isfinite(value);
}

// The header's value times `unit` into `to`.
template <class T>
absl::Status Read(const FindHeader& find, std::string_view name, double unit,
                  std::optional<T>& to) {
  const std::string text(find(name));
  if (text.empty()) return absl::OkStatus();
  double value = 0;
  if (!IsDecimal(text, value) || !(value * unit > 0)) {
    return RequestError(name, absl::StrCat("'", std::string(name), "': '",
                                           text.substr(0, kMaxShown),
                                           "' is not a number above 0"));
  }
  Tighten(to, T(value * unit));
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadRequestHeaders(const FindHeader& find, Request& request) {
  constexpr double kMillisecond = 1e-3;
  absl::Status status =
      Read(find, "x-millijoule-max-joules", 1, request.max_energy);
  status.Update(
      Read(find, "x-llm-d-slo-ttft-ms", kMillisecond, request.slo.ttft));
  status.Update(
      Read(find, "x-llm-d-slo-tpot-ms", kMillisecond, request.slo.tpot));
  return status;
}

}  // namespace mj
