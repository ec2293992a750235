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

// The header's value times `unit` into `to`.
template <class T>
absl::Status Read(const FindHeader& find, std::string_view name, double unit,
                  std::optional<T>& to) {
  const std::string text(find(name));
  if (text.empty()) return absl::OkStatus();
  double value = 0;
  const bool good = absl::SimpleAtod(text, &value) && std::isfinite(value) &&
                    value * unit > 0;
  if (!good) {
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
