#include "hw_backends/models/coefficient_file.h"

#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace mj {
namespace {

constexpr std::pair<std::string_view, double> kScales[] = {
    {"pJ/op", 1e-12}, {"pJ/byte", 1e-12}, {"W", 1},           {"Gop/s", 1e9},
    {"GB/s", 1e9},    {"cores", 1},       {"g/kWh", 1},       {"ratio", 1},
    {"MHz", 1e6},     {"us", 1e-6},       {"ms", 1e-3},       {"s", 1},
    {"GB", 1e9},      {"J", 1},           {"rows", 1},        {"L/kWh", 1},
    {"kg", 1},        {"years", 1},       {"ns", 1e-9},       {"fJ", 1e-15},
    {"pJ", 1e-12},    {"mW", 1e-3},       {"fF", 1e-15},      {"V", 1},
    {"fJ/op", 1e-15}, {"pJ/bit", 8e-12},  {"Gsample/s", 1e9}, {"KiB", 1024},
    {"count", 1},     {"op/cycle", 1},    {"mm2", 1},
};

std::optional<double> SiScale(std::string_view unit) {
  for (const auto& [name, scale] : kScales) {
    if (name == unit) return scale;
  }
  return std::nullopt;
}

std::string KnownUnits() {
  return absl::StrJoin(kScales, ", ", [](std::string* out, const auto& unit) {
    out->append(unit.first);
  });
}

std::string TextOf(const toml::table& table, std::string_view key) {
  return table[key].value_or(std::string());
}

}  // namespace

struct CoefficientFile::Reader {
  CoefficientFile& file;

  absl::Status Table(const std::string& prefix, const toml::table& table) {
    for (const auto& [key, node] : table) {
      const std::string path = absl::StrCat(prefix, prefix.empty() ? "" : ".",
                                            std::string(key.str()));
      if (absl::Status status = Node(path, node); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Node(const std::string& path, const toml::node& node) {
    if (const toml::table* table = node.as_table()) {
      // Inline tables are coefficients, others are sections.
      return table->is_inline() ? Number(path, *table) : Table(path, *table);
    }
    file.unread_.insert(path);
    if (const toml::value<std::string>* text = node.as_string()) {
      file.texts_[path] = text->get();
      return absl::OkStatus();
    }
    std::vector<int64_t>& values = file.integers_[path];
    if (const toml::value<int64_t>* integer = node.as_integer()) {
      values = {integer->get()};
      return absl::OkStatus();
    }
    return Array(path, node.as_array(), values);
  }

  absl::Status Array(const std::string& path, const toml::array* array,
                     std::vector<int64_t>& values) {
    if (array == nullptr) {
      return file.Error(path,
                        "must be a coefficient { value, unit, source, "
                        "kind }, text or integers");
    }
    for (const toml::node& element : *array) {
      const toml::value<int64_t>* integer = element.as_integer();
      if (integer == nullptr) {
        return file.Error(path, "must hold integers only");
      }
      values.push_back(integer->get());
    }
    return absl::OkStatus();
  }

  absl::Status Number(const std::string& path, const toml::table& table) {
    const std::optional<double> value = table["value"].value<double>();
    if (!value) return file.Error(path, "has no number `value`");
    if (absl::Status s = file.CheckValue(path, *value); !s.ok()) return s;
    Coefficient c{*value, TextOf(table, "unit"), TextOf(table, "source"),
                  TextOf(table, "kind")};
    if (!SiScale(c.unit)) {
      return file.Error(path, absl::StrCat("has the unknown unit \"", c.unit,
                                           "\"; known: ", KnownUnits()));
    }
    if (c.source.empty()) return file.Error(path, "has no `source`");
    if (c.kind != "measured" && c.kind != "model" && c.kind != "assumed") {
      return file.Error(path, absl::StrCat("has kind \"", c.kind,
                                           "\", must be measured, model or "
                                           "assumed"));
    }
    if (const toml::node* year = table.get("year")) {
      const std::optional<int64_t> value = year->value<int64_t>();
      if (!value || *value < 1900 || *value > 2200) {
        return file.Error(path, "has a `year` that is none from 1900 to 2200");
      }
      c.year = static_cast<int>(*value);
    }
    c.node = TextOf(table, "node");
    c.voltage = TextOf(table, "voltage");
    file.unread_.insert(path);
    file.coefficients_[path] = std::move(c);
    return absl::OkStatus();
  }
};

absl::StatusOr<CoefficientFile> CoefficientFile::Parse(std::string_view file,
                                                       std::string_view text) {
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) {
    return absl::InvalidArgumentError(absl::StrCat(
        std::string(file), ":", parsed.error().source().begin.line,
        ": not valid TOML: ", std::string(parsed.error().description())));
  }
  CoefficientFile result;
  result.file_ = std::string(file);
  absl::Status status = Reader{result}.Table("", parsed.table());
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<double> CoefficientFile::Number(std::string_view key,
                                               std::string_view unit) {
  const Coefficient* c = Find(key);
  if (c == nullptr) return Error(key, "is missing");
  if (c->unit != unit) {
    return Error(key, absl::StrCat("is in \"", c->unit, "\", must be in \"",
                                   std::string(unit), "\""));
  }
  if (const auto it = unread_.find(key); it != unread_.end()) {
    unread_.erase(it);
  }
  return c->value * SiScale(unit).value_or(1);
}

absl::StatusOr<std::string> CoefficientFile::Text(std::string_view key) {
  const auto found = texts_.find(key);
  if (found == texts_.end()) return Error(key, "is missing, must be text");
  unread_.erase(found->first);
  return found->second;
}

absl::StatusOr<std::vector<int64_t>> CoefficientFile::Integers(
    std::string_view key) {
  const auto found = integers_.find(key);
  if (found == integers_.end()) {
    return Error(key, "is missing, must be integers");
  }
  unread_.erase(found->first);
  return found->second;
}

const Coefficient* CoefficientFile::Find(std::string_view key) const {
  const auto found = coefficients_.find(key);
  return found == coefficients_.end() ? nullptr : &found->second;
}

std::vector<std::string> CoefficientFile::Keys(std::string_view prefix) const {
  std::vector<std::string> keys;
  for (const auto& [key, coefficient] : coefficients_) {
    if (key.starts_with(prefix)) keys.push_back(key);
  }
  return keys;
}

bool CoefficientFile::Has(std::string_view key) const {
  return coefficients_.contains(key) || texts_.contains(key) ||
         integers_.contains(key);
}

absl::Status CoefficientFile::Override(std::string_view key,
                                       std::string_view text) {
  const std::string word(text);
  if (const auto found = texts_.find(key); found != texts_.end()) {
    found->second = word;
    return absl::OkStatus();
  }
  if (const auto found = integers_.find(key); found != integers_.end()) {
    int64_t value = 0;
    if (!absl::SimpleAtoi(word, &value)) {
      return Error(key, absl::StrCat("is \"", word, "\", must be an integer"));
    }
    found->second = {value};
    return absl::OkStatus();
  }
  const auto found = coefficients_.find(key);
  if (found == coefficients_.end()) {
    std::vector<std::string> known = Keys("");
    for (const auto& [name, value] : integers_) known.push_back(name);
    for (const auto& [name, value] : texts_) known.push_back(name);
    return Error(key, absl::StrCat("is not a known key; known: ",
                                   absl::StrJoin(known, ", ")));
  }
  double value = 0;
  if (!absl::SimpleAtod(word, &value)) {
    return Error(key, absl::StrCat("is \"", word, "\", must be a number in ",
                                   found->second.unit));
  }
  if (absl::Status s = CheckValue(key, value); !s.ok()) return s;
  found->second.value = value;
  return absl::OkStatus();
}

absl::Status CoefficientFile::CheckNodes() const {
  for (const auto& [key, c] : coefficients_) {
    if (c.node.empty()) {
      return Error(key, "has no `node`, such as \"65 nm\" or \"-\"");
    }
    if (c.voltage.empty()) {
      return Error(key, "has no `voltage`, such as \"0.8 V\" or \"-\"");
    }
  }
  return absl::OkStatus();
}

absl::Status CoefficientFile::CheckValue(std::string_view key,
                                         double value) const {
  if (std::isfinite(value) && value >= 0) return absl::OkStatus();
  return Error(key,
               absl::StrCat("is ", value, ", must be finite and not negative"));
}

absl::Status CoefficientFile::CheckAllRead() const {
  if (unread_.empty()) return absl::OkStatus();
  return Error(*unread_.begin(), "is not a known key");
}

absl::Status CoefficientFile::Error(std::string_view key,
                                    std::string_view what) const {
  return absl::InvalidArgumentError(
      absl::StrCat(file_, ": ", std::string(key), " ", std::string(what)));
}

}  // namespace mj
