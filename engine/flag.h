// Settings as text: one table of flags serves command lines and TOML files.
#ifndef MILLIJOULE_ENGINE_FLAG_H_
#define MILLIJOULE_ENGINE_FLAG_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mj {

enum class FlagKind {
  kValue,     // --name VALUE
  kSwitch,    // --name alone means "true"
  kRepeated,  // --name VALUE VALUE ..., each set in turn
  kPlace,     // VALUE alone, by its place on a command line
};

struct Flag {
  std::string name;        // "kv-memory": --kv-memory and kv-memory = ...
  std::string value_name;  // "SIZE"
  std::string help;        // with its unit
  std::string default_text;
  // INVALID_ARGUMENT names the value and what is needed; then nothing is set.
  std::function<absl::Status(const std::string&)> set;
  FlagKind kind = FlagKind::kValue;
  bool required = false;
};

// A subcommand of a binary: what its mains put on the command line.
struct Command {
  std::string name;  // "serve"; "energy report": report, a command of energy
  std::string help;
  std::vector<Flag> flags;
  bool takes_config = false;  // --config FILE (TOML) sets flags, too
  std::function<int()> run;   // after parsing; the exit status
};

// Flags that set `out`, which must outlive them; its value is the default.
Flag TextFlag(std::string name, std::string value_name, std::string help,
              std::string& out);
Flag IntFlag(std::string name, std::string help, int min, int max, int& out);
Flag SizeFlag(std::string name, std::string help, int64_t min, int64_t& out);
Flag SecondsFlag(std::string name, std::string help, double& out);
// A number above 0; `help` names its unit. No default: unset.
Flag PositiveNumberFlag(std::string name, std::string value_name,
                        std::string help, std::optional<double>& out);
// A number with a fraction, from min to max.
Flag NumberFlag(std::string name, std::string value_name, std::string help,
                double min, double max, double& out);
Flag SwitchFlag(std::string name, std::string help, bool& out);
Flag TextListFlag(std::string name, std::string value_name, std::string help,
                  std::vector<std::string>& out);
Flag Required(Flag flag);

// "1024", "512K", "16M", "1.5G": bytes, in powers of 1024.
absl::StatusOr<int64_t> ParseSize(const std::string& text);
std::string FormatSize(int64_t bytes);  // "512M"

// "30", "90s", "15m", "1h", "30d", "1y": seconds, no less than 0.
absl::StatusOr<double> ParseTime(const std::string& text);
inline constexpr double kYearSeconds = 365 * 86400.0;

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_FLAG_H_
