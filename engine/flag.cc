#include "engine/flag.h"

#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mj {
namespace {

struct Unit {
  char letter;
  int64_t bytes;
};
constexpr std::array<Unit, 3> kUnits = {{{'G', int64_t{1} << 30},
                                         {'M', int64_t{1} << 20},
                                         {'K', int64_t{1} << 10}}};

}  // namespace

absl::StatusOr<int64_t> ParseSize(const std::string& text) {
  std::string number = text;
  int64_t unit = 1;
  for (const Unit& u : kUnits) {
    if (!number.empty() && absl::ascii_toupper(number.back()) == u.letter) {
      unit = u.bytes;
      number.pop_back();
      break;
    }
  }
  double value = 0;
  const bool digits =
      number.find_first_not_of("0123456789.") == std::string::npos;
  if (number.empty() || !digits || !absl::SimpleAtod(number, &value) ||
      value * static_cast<double>(unit) > 9e18) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", text, "' is not a size such as 65536, 512K, 16M or 1.5G"));
  }
  return static_cast<int64_t>(std::llround(value * static_cast<double>(unit)));
}

std::string FormatSize(int64_t bytes) {
  for (const Unit& unit : kUnits) {
    if (bytes >= unit.bytes && bytes % unit.bytes == 0) {
      return absl::StrCat(bytes / unit.bytes, std::string(1, unit.letter));
    }
  }
  return absl::StrCat(bytes);
}

absl::StatusOr<double> ParseTime(const std::string& text) {
  static constexpr std::pair<char, double> kTimes[] = {
      {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'y', kYearSeconds}};
  std::string number = text;
  double unit = 1;
  for (const auto& [letter, seconds] : kTimes) {
    if (number.empty() || number.back() != letter) continue;
    unit = seconds;
    number.pop_back();
    break;
  }
  double value = 0;
  if (!absl::SimpleAtod(number, &value) || !(value >= 0) ||
      !std::isfinite(value * unit)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", text, "' is not a time such as 0, 90s, 15m, 1h, 30d or 1y"));
  }
  return value * unit;
}

Flag TextFlag(std::string name, std::string value_name, std::string help,
              std::string& out) {
  return {std::move(name), std::move(value_name), std::move(help), out,
          [&out](const std::string& text) {
            out = text;
            return absl::OkStatus();
          }};
}

Flag IntFlag(std::string name, std::string help, int min, int max, int& out) {
  return {
      std::move(name), "N", std::move(help), absl::StrCat(out),
      [min, max, &out](const std::string& text) {
        int value = 0;
        if (!absl::SimpleAtoi(text, &value) || value < min || value > max) {
          return absl::InvalidArgumentError(absl::StrCat(
              "'", text, "' is not a whole number from ", min, " to ", max));
        }
        out = value;
        return absl::OkStatus();
      }};
}

Flag SizeFlag(std::string name, std::string help, int64_t min, int64_t& out) {
  return {std::move(name), "SIZE", std::move(help), FormatSize(out),
          [min, &out](const std::string& text) {
            const absl::StatusOr<int64_t> size = ParseSize(text);
            if (!size.ok()) return size.status();
            if (*size < min) {
              return absl::InvalidArgumentError(absl::StrCat(
                  "'", text, "' is under ", FormatSize(min), ", the least"));
            }
            out = *size;
            return absl::OkStatus();
          }};
}

Flag PositiveNumberFlag(std::string name, std::string value_name,
                        std::string help, std::optional<double>& out) {
  return {std::move(name), std::move(value_name), std::move(help), "",
          [&out](const std::string& text) {
            double value = 0;
            if (!absl::SimpleAtod(text, &value) || !std::isfinite(value) ||
                value <= 0) {
              return absl::InvalidArgumentError(absl::StrCat(
                  "'", text, "': a number is needed, and it must be above 0"));
            }
            out = value;
            return absl::OkStatus();
          }};
}

Flag SwitchFlag(std::string name, std::string help, bool& out) {
  Flag flag{std::move(name), "", std::move(help), "",
            [&out](const std::string& text) {
              if (text != "true" && text != "false") {
                return absl::InvalidArgumentError(
                    absl::StrCat("'", text, "' is neither true nor false"));
              }
              out = text == "true";
              return absl::OkStatus();
            }};
  flag.kind = FlagKind::kSwitch;
  return flag;
}

Flag TextListFlag(std::string name, std::string value_name, std::string help,
                  std::vector<std::string>& out) {
  Flag flag{std::move(name), std::move(value_name), std::move(help), "",
            [&out](const std::string& text) {
              out.push_back(text);
              return absl::OkStatus();
            }};
  flag.kind = FlagKind::kRepeated;
  return flag;
}

Flag Required(Flag flag) {
  flag.required = true;
  return flag;
}

Flag SecondsFlag(std::string name, std::string help, double& out) {
  return {
      std::move(name), "SECONDS", std::move(help), absl::StrCat(out),
      [&out](const std::string& text) {
        double value = 0;
        if (!absl::SimpleAtod(text, &value) || !(value >= 0) || value > 1e6) {
          return absl::InvalidArgumentError(absl::StrCat(
              "'", text, "' is not a number of seconds from 0 to 1e6"));
        }
        out = value;
        return absl::OkStatus();
      }};
}

Flag NumberFlag(std::string name, std::string value_name, std::string help,
                double min, double max, double& out) {
  return {std::move(name), std::move(value_name), std::move(help),
          absl::StrCat(out), [min, max, &out](const std::string& text) {
            double value = 0;
            if (!absl::SimpleAtod(text, &value) ||
                !(value >= min && value <= max)) {
              return absl::InvalidArgumentError(absl::StrCat(
                  "'", text, "' is not a number from ", min, " to ", max));
            }
            out = value;
            return absl::OkStatus();
          }};
}

}  // namespace mj
