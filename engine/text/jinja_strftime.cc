#include "engine/text/jinja_strftime.h"

#include <cstdio>

namespace mj::jinja {

std::string Strftime(std::string_view format, absl::Time time,
                     absl::TimeZone zone) {
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    std::string code = "%";
    code += format[++i];
    if (code == "%-" && i + 1 < format.size()) {  // glibc: no padding
      const std::string padded =
          Strftime(std::string("%") + format[++i], time, zone);
      const size_t digit = padded.find_first_not_of("0 ");
      out += digit == std::string::npos ? padded.empty() ? "" : "0"
                                        : padded.substr(digit);
    } else if (code == "%f") {
      char micros[8];
      std::snprintf(
          micros, sizeof(micros), "%06d",
          static_cast<int>(
              absl::ToInt64Microseconds(
                  time - absl::FromUnixSeconds(absl::ToUnixSeconds(time))) %
              1'000'000));
      out += micros;
    } else if (code == "%s") {
      out += std::to_string(absl::ToUnixSeconds(time));
    } else if (code != "%z" && code != "%Z") {
      out += absl::FormatTime(code, time, zone);
    }
  }
  return out;
}

}  // namespace mj::jinja
