#include "server/logging.h"

#include <spdlog/common.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "engine/text/utf8.h"
#include "server/openai/json_reader.h"

namespace mj {
namespace {

using spdlog::details::log_msg;

std::string_view View(spdlog::string_view_t text) {
  return {text.data(), text.size()};
}

bool IsFields(const log_msg& message) {
  return View(message.logger_name) == kFieldsLogger;
}

std::string TimeText(const log_msg& message) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ",
                          absl::FromChrono(message.time), absl::UTCTimeZone());
}

std::string LevelText(const log_msg& message) {
  return std::string(View(spdlog::level::to_string_view(message.level)));
}

// Nothing of a message may end its line or move a terminal's cursor: control
// characters (C0, DEL, C1) are written as \xNN, bytes that are no UTF-8 as
// U+FFFD.
std::string Printable(std::string_view text) {
  const std::string valid = ReplaceInvalidUtf8(text);
  std::string out;
  for (size_t i = 0; i < valid.size(); ++i) {
    const auto byte = static_cast<unsigned char>(valid[i]);
    const bool c1 = byte == 0xC2 && i + 1 < valid.size() &&
                    static_cast<unsigned char>(valid[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F) {
      absl::StrAppendFormat(&out, "\\x%02x", byte);
    } else if (c1) {
      absl::StrAppendFormat(&out, "\\x%02x",
                            static_cast<unsigned char>(valid[++i]));
    } else {
      out += valid[i];
    }
  }
  return out;
}

std::string TextLine(const log_msg& message) {
  return absl::StrCat(TimeText(message), " ", LevelText(message), " ",
                      Printable(View(message.payload)));
}

std::string JsonLine(const log_msg& message) {
  Json line = Json::object();
  line["time"] = TimeText(message);
  line["level"] = LevelText(message);
  if (!IsFields(message)) {
    line["message"] = std::string(View(message.payload));
    return DumpJson(line);
  }
  // Both are objects of one line: joined as text.
  std::string text = DumpJson(line);
  text.back() = ',';
  return absl::StrCat(text, std::string(View(message.payload).substr(1)));
}

class LineFormatter final : public spdlog::formatter {
 public:
  using Line = std::string (*)(const log_msg&);
  explicit LineFormatter(Line line) : line_(line) {}

  void format(const log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string line = absl::StrCat(line_(message), "\n");
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(line_);
  }

 private:
  const Line line_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Logger>> MakeLogger(const std::string& level,
                                                   const std::string& format) {
  const spdlog::level::level_enum parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", level,
        "' is not a log level: trace, debug, info, warning, error or off"));
  }
  if (format != "text" && format != "json") {
    return absl::InvalidArgumentError(
        absl::StrCat("'", format, "' is not a log format: text or json"));
  }
  auto log = std::make_unique<Logger>(
      "millijoule", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  log->set_formatter(
      std::make_unique<LineFormatter>(format == "json" ? JsonLine : TextLine));
  log->set_level(parsed);
  log->flush_on(spdlog::level::trace);
  return log;
}

}  // namespace mj
