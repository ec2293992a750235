#include "server/prefix_regions_file.h"

#include <toml++/toml.h>

#include <fstream>
#include <optional>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

template <class... Parts>
absl::Status Wrong(std::string_view file, const Parts&... parts) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(file), ": ", parts...));
}

absl::Status AddRegion(std::string_view file, const std::string& region,
                       const toml::node& tenants, PrefixRegions& regions) {
  if (!tenants.is_array()) {
    return Wrong(file, "region '", region, "' is no list of tenants");
  }
  for (const toml::node& entry : *tenants.as_array()) {
    const std::optional<std::string> tenant = entry.value_exact<std::string>();
    if (!tenant || tenant->empty()) {
      return Wrong(file, "region '", region,
                   "' holds something that is no tenant's name");
    }
    const auto [known, is_new] = regions.emplace(*tenant, region);
    if (!is_new) {
      return Wrong(file, "tenant '", *tenant, "' is in '", known->second,
                   "' and in '", region, "'");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PrefixRegions> Read(std::string_view file,
                                   const toml::table& root) {
  PrefixRegions regions;
  for (const auto& [key, value] : root) {
    if (key.str() != "regions" || !value.is_table()) {
      return Wrong(file, "'", std::string(key.str()),
                   "' is not the table [regions]");
    }
    for (const auto& [name, tenants] : *value.as_table()) {
      absl::Status added =
          AddRegion(file, std::string(name.str()), tenants, regions);
      if (!added.ok()) return added;
    }
  }
  return regions;
}

}  // namespace

absl::StatusOr<PrefixRegions> ParsePrefixRegions(std::string_view file,
                                                 std::string_view text) {
  try {
    return Read(file, toml::parse(text, file));
  } catch (const toml::parse_error& error) {  // toml++ reports by throwing
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(file), ", line ", error.source().begin.line,
                     ": ", std::string(error.description())));
  }
}

absl::StatusOr<PrefixRegions> LoadPrefixRegions(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return absl::NotFoundError(absl::StrCat("cannot read '", path, "'"));
  }
  return ParsePrefixRegions(path, text.str());
}

absl::Status CheckTenantsHaveKeys(const PrefixRegions& regions,
                                  const ApiKeys& keys) {
  for (const auto& [tenant, region] : regions) {
    if (keys.HasTenant(tenant)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "tenant '", tenant, "' of region '", region, "' has no API key",
        keys.required() ? "" : ": without --api-keys everybody is 'default'"));
  }
  return absl::OkStatus();
}

}  // namespace mj
