#include "hw_backends/models/published_result.h"

#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "hw_backends/models/data_files.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace mj {
namespace {

const std::set<std::string_view> kKeys = {
    "name",       "group",       "source",        "published",
    "unit",       "tolerance",   "class",         "identity",
    "device",     "quantity",    "gemm",          "model",
    "input_bits", "weight_bits", "sparsity",      "set",
    "compare",    "base_set",    "base_sparsity", "base_input_bits",
    "cells",      "conductance", "age_seconds"};

// A row and, behind it, what holds for the whole file.
struct Row {
  const toml::table& own;
  const toml::table& file;

  toml::node_view<const toml::node> operator[](std::string_view key) const {
    return own.contains(key) ? own[key] : file[key];
  }
  std::string Text(std::string_view key) const {
    return (*this)[key].value_or(std::string());
  }
  std::vector<std::string> Texts(std::string_view key) const {
    std::vector<std::string> texts;
    if (const toml::array* array = (*this)[key].as_array()) {
      for (const toml::node& node : *array) {
        texts.push_back(node.value_or(std::string()));
      }
    }
    return texts;
  }
};

absl::Status Error(std::string_view file, std::string_view row,
                   std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      std::string(file), ": ", std::string(row), ": ", std::string(what)));
}

absl::StatusOr<PublishedResult> ReadRow(std::string_view file, const Row& row) {
  PublishedResult r;
  r.name = row.Text("name");
  if (r.name.empty()) return Error(file, "a row", "has no `name`");
  for (const auto& [key, value] : row.own) {
    if (!kKeys.contains(key.str())) {
      return Error(file, r.name,
                   absl::StrCat(std::string(key.str()), " is not a known key"));
    }
  }
  for (const char* key : {"source", "quantity", "class", "group"}) {
    if (row.Text(key).empty()) {
      return Error(file, r.name, absl::StrCat("has no `", key, "`"));
    }
  }
  const auto published = row["published"].value<double>();
  const auto tolerance = row["tolerance"].value<double>();
  if (!published || !tolerance || *tolerance < 0) {
    return Error(file, r.name, "needs numbers `published` and `tolerance`");
  }
  r.published = *published;
  r.tolerance = *tolerance;
  r.group = row.Text("group");
  r.source = row.Text("source");
  r.unit = row.Text("unit");
  r.result_class = row.Text("class");
  r.identity = row["identity"].value_or(false);
  r.device = row.Text("device");
  r.quantity = row.Text("quantity");
  r.gemm = row.Text("gemm");
  r.model_shape = row.Text("model");
  r.input_bits = row["input_bits"].value_or(0);
  r.weight_bits = row["weight_bits"].value_or(0);
  r.sparsity = row["sparsity"].value_or(std::string("dense"));
  r.set = row.Texts("set");
  r.cells = row.Text("cells");
  r.conductance = row["conductance"].value_or(0.0);
  r.age_seconds = row["age_seconds"].value_or(0.0);
  r.compare = row.Text("compare");
  r.base_sparsity = row["base_sparsity"].value_or(r.sparsity);
  r.base_input_bits = row["base_input_bits"].value_or(r.input_bits);
  r.base_set = row.Texts("base_set");
  return r;
}

}  // namespace

absl::StatusOr<PublishedFile> ParsePublished(std::string_view file,
                                             std::string_view text) {
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) {
    return absl::InvalidArgumentError(absl::StrCat(
        std::string(file), ":", parsed.error().source().begin.line,
        ": not valid TOML: ", std::string(parsed.error().description())));
  }
  const toml::table& top = parsed.table();
  PublishedFile result;
  if (const toml::array* rows = top["rows"].as_array()) {
    for (const toml::node& node : *rows) {
      const toml::table* own = node.as_table();
      if (own == nullptr) return Error(file, "rows", "must hold tables");
      absl::StatusOr<PublishedResult> row = ReadRow(file, {*own, top});
      if (!row.ok()) return row.status();
      result.results.push_back(*std::move(row));
    }
  }
  if (const toml::array* rows = top["not_reproduced"].as_array()) {
    for (const toml::node& node : *rows) {
      const toml::table* own = node.as_table();
      NotReproduced n;
      if (own != nullptr) {
        n = {(*own)["name"].value_or(std::string()),
             (*own)["why"].value_or(std::string())};
      }
      if (n.name.empty() || n.why.empty()) {
        return Error(file, "not_reproduced", "needs `name` and `why`");
      }
      result.not_reproduced.push_back(std::move(n));
    }
  }
  return result;
}

absl::StatusOr<PublishedFile> CompiledPublished() {
  PublishedFile all;
  for (const DataFile& file : CompiledDataFiles()) {
    if (!file.name.starts_with("published/")) continue;
    absl::StatusOr<PublishedFile> one = ParsePublished(file.name, file.text);
    if (!one.ok()) return one.status();
    all.results.insert(all.results.end(), one->results.begin(),
                       one->results.end());
    all.not_reproduced.insert(all.not_reproduced.end(),
                              one->not_reproduced.begin(),
                              one->not_reproduced.end());
  }
  return all;
}

}  // namespace mj
