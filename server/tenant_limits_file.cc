#include "server/tenant_limits_file.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/toml_file.h"

namespace mj {
namespace {

class Reader final {
 public:
  explicit Reader(std::string_view file) : file_(file) {}

  absl::StatusOr<std::vector<TenantLimit>> Read(const toml::table& root) const {
    std::vector<TenantLimit> limits;
    for (const auto& [key, value] : root) {
      if (key.str() != "tenants" || !value.is_table()) {
        return Error("'", std::string(key.str()),
                     "' is not a table [tenants.NAME]");
      }
      for (const auto& [name, entry] : *value.as_table()) {
        absl::StatusOr<TenantLimit> limit =
            ReadTenant(std::string(name.str()), entry);
        if (!limit.ok()) return limit.status();
        limits.push_back(*std::move(limit));
      }
    }
    return limits;
  }

 private:
  template <class... Parts>
  absl::Status Error(const Parts&... parts) const {
    return absl::InvalidArgumentError(absl::StrCat(file_, ": ", parts...));
  }

  absl::StatusOr<TenantLimit> ReadTenant(const std::string& name,
                                         const toml::node& entry) const {
    const toml::table* table = entry.as_table();
    if (table == nullptr) {
      return Error("'tenants.", name, "' is not a table");
    }
    std::optional<double> refill, burst;
    for (const auto& [key, value] : *table) {
      const bool is_refill = key.str() == "joules_per_second";
      if (!is_refill && key.str() != "burst_joules") {
        return Error("tenant '", name, "': there is no key '",
                     std::string(key.str()), "'");
      }
      const std::optional<double> number =
          value.is_number() ? value.value<double>() : std::nullopt;
      if (!number) {
        return Error("tenant '", name, "': ", std::string(key.str()),
                     " is not a number");
      }
      (is_refill ? refill : burst) = number;
    }
    if (!refill || !burst) {
      return Error("tenant '", name, "' needs ",
                   refill ? "burst_joules" : "joules_per_second");
    }
    TenantLimit limit = {name, {Watts(*refill), Joules(*burst)}};
    const absl::Status status = Validate(limit);
    if (!status.ok()) return Error(status.message());
    return limit;
  }

  const std::string file_;
};

}  // namespace

absl::StatusOr<std::vector<TenantLimit>> ParseTenantLimits(
    std::string_view file, std::string_view text) {
  const absl::StatusOr<toml::table> root = ParseToml(file, text);
  if (!root.ok()) return root.status();
  return Reader(file).Read(*root);
}

absl::StatusOr<std::vector<TenantLimit>> LoadTenantLimits(
    const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) return text.status();
  return ParseTenantLimits(path, *text);
}

absl::Status CheckTenantsHaveKeys(const std::vector<TenantLimit>& limits,
                                  const ApiKeys& keys) {
  for (const TenantLimit& limit : limits) {
    if (keys.HasTenant(limit.tenant)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "tenant '", limit.tenant, "' has a limit of joules, but no API key",
        keys.required() ? "" : ": without --api-keys everybody is 'default'"));
  }
  return absl::OkStatus();
}

}  // namespace mj
