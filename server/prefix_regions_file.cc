#include "server/prefix_regions_file.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "server/toml_file.h"

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
  const absl::StatusOr<toml::table> root = ParseToml(file, text);
  if (!root.ok()) return root.status();
  return Read(file, *root);
}

absl::StatusOr<PrefixRegions> LoadPrefixRegions(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) return text.status();
  return ParsePrefixRegions(path, *text);
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
