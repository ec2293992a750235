#include "hw_backends/host/lease_protocol.h"

#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace mj {
namespace {

struct VerbName {
  LeaseVerb verb;
  absl::string_view name;
  size_t words;  // of the whole request
};

constexpr std::array<VerbName, 6> kVerbs = {{
    {LeaseVerb::kLease, "lease", 1},
    {LeaseVerb::kBeat, "beat", 1},
    {LeaseVerb::kRead, "read", 2},
    {LeaseVerb::kSet, "set", 3},
    {LeaseVerb::kRestore, "restore", 2},
    {LeaseVerb::kEnd, "end", 1},
}};

absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

absl::Status Garbled(absl::string_view what, absl::string_view text) {
  return absl::InternalError(absl::StrCat(what, " cannot be understood: \"",
                                          absl::CHexEscape(text.substr(0, 100)),
                                          "\""));
}

// NAME, DOMAIN, LOW, HIGH, MOST_EFFICIENT or -, LEVELS, SOURCE by tabs.
template <class Q>
std::string FormatInfo(const ActuatorInfo<Q>& info) {
  return absl::StrJoin(
      {std::string(ActuatorKindName(info.kind())), info.name, info.domain,
       FormatNumber(info.low.value()), FormatNumber(info.high.value()),
       info.most_efficient ? FormatNumber(info.most_efficient->value()) : "-",
       absl::StrJoin(info.levels, " ",
                     [](std::string* out, Q level) {
                       *out += FormatNumber(level.value());
                     }),
       info.source},
      "\t");
}

template <class Q>
bool ParseInfo(const std::vector<std::string>& fields,
               std::vector<ActuatorInfo<Q>>& infos) {
  if (fields.size() != 8) return false;
  const absl::StatusOr<double> low = ParseNumber(fields[3]);
  const absl::StatusOr<double> high = ParseNumber(fields[4]);
  const absl::StatusOr<std::vector<double>> levels = ParseNumbers(fields[6]);
  if (!low.ok() || !high.ok() || !levels.ok()) return false;
  ActuatorInfo<Q> info{.name = fields[1],
                       .domain = fields[2],
                       .source = fields[7],
                       .low = Q(*low),
                       .high = Q(*high)};
  for (double level : *levels) info.levels.emplace_back(level);
  if (fields[5] != "-") {
    const absl::StatusOr<double> efficient = ParseNumber(fields[5]);
    if (!efficient.ok()) return false;
    info.most_efficient = Q(*efficient);
  }
  infos.push_back(std::move(info));
  return true;
}

}  // namespace

std::string FormatNumber(double value) {
  return absl::StrFormat("%.17g", value);
}

absl::StatusOr<double> ParseNumber(std::string_view text) {
  double value = 0;
  if (absl::SimpleAtod(View(text), &value) && std::isfinite(value)) {
    return value;
  }
  return Garbled("a number", View(text));
}

absl::StatusOr<std::vector<double>> ParseNumbers(std::string_view payload) {
  std::vector<double> numbers;
  for (absl::string_view word :
       absl::StrSplit(View(payload), ' ', absl::SkipEmpty())) {
    const absl::StatusOr<double> number =
        ParseNumber({word.data(), word.size()});
    if (!number.ok()) return number.status();
    numbers.push_back(*number);
  }
  return numbers;
}

std::string FormatRequest(const LeaseRequest& request) {
  for (const VerbName& verb : kVerbs) {
    if (verb.verb != request.verb) continue;
    std::string text(verb.name);
    if (verb.words > 1) absl::StrAppend(&text, " ", request.name);
    if (verb.words > 2)
      absl::StrAppend(&text, " ", FormatNumber(request.value));
    return text;
  }
  return "";
}

absl::StatusOr<LeaseRequest> ParseRequest(std::string_view packet) {
  const std::vector<std::string> words = absl::StrSplit(View(packet), ' ');
  for (const VerbName& verb : kVerbs) {
    if (words[0] != verb.name || words.size() != verb.words) continue;
    LeaseRequest request{.verb = verb.verb};
    if (verb.words > 1) request.name = words[1];
    if (verb.words < 3) return request;
    const absl::StatusOr<double> value = ParseNumber(words[2]);
    if (!value.ok()) break;
    request.value = *value;
    return request;
  }
  return absl::InvalidArgumentError(
      Garbled("a request", View(packet)).message());
}

std::string FormatReply(const absl::StatusOr<std::string>& reply) {
  if (reply.ok()) return absl::StrCat("ok ", *reply);
  return absl::StrCat("error ", static_cast<int>(reply.status().code()), " ",
                      reply.status().message());
}

absl::StatusOr<std::string> ParseReply(std::string_view packet) {
  absl::string_view text = View(packet);
  if (absl::ConsumePrefix(&text, "ok ")) return std::string(text);
  int code = 0;
  const std::vector<std::string> parts =
      absl::StrSplit(text, absl::MaxSplits(' ', 2));
  if (parts.size() == 3 && parts[0] == "error" &&
      absl::SimpleAtoi(parts[1], &code) && code > 0 && code <= 16) {
    return absl::Status(static_cast<absl::StatusCode>(code), parts[2]);
  }
  return Garbled("a reply", text);
}

std::string FormatOffer(const LeaseOffer& offer) {
  std::vector<std::string> lines = {FormatNumber(offer.heartbeat.count())};
  for (const auto& info : offer.frequencies) lines.push_back(FormatInfo(info));
  for (const auto& info : offer.power_caps) lines.push_back(FormatInfo(info));
  return absl::StrJoin(lines, "\n");
}

absl::StatusOr<LeaseOffer> ParseOffer(std::string_view payload) {
  const std::vector<std::string> lines = absl::StrSplit(View(payload), '\n');
  const absl::StatusOr<double> heartbeat = ParseNumber(lines[0]);
  if (!heartbeat.ok()) return heartbeat.status();
  LeaseOffer offer{.heartbeat = Seconds(*heartbeat)};
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = absl::StrSplit(lines[i], '\t');
    const bool parsed =
        fields[0] == ActuatorKindName(ActuatorKind::kFrequency)
            ? ParseInfo(fields, offer.frequencies)
            : fields[0] == ActuatorKindName(ActuatorKind::kPowerCap) &&
                  ParseInfo(fields, offer.power_caps);
    if (!parsed) return Garbled("an actuator", lines[i]);
  }
  return offer;
}

}  // namespace mj
