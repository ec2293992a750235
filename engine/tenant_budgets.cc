#include "engine/tenant_budgets.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/request/request_error.h"

namespace mj {
namespace {

std::string Advice(Seconds wait) {
  if (std::isinf(wait.count())) return "it does not refill";
  return absl::StrFormat("above 0 in %.3g s", wait.count());
}

}  // namespace

absl::Status Validate(const TenantLimit& limit) {
  const absl::Status status = Validate(limit.rate);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(
      absl::StrCat("tenant '", limit.tenant, "': ", status.message()));
}

TenantBudgets::TenantBudgets(const std::vector<TenantLimit>& limits,
                             Seconds now) {
  for (const TenantLimit& limit : limits) Set(limit, now);
}

absl::Status TenantBudgets::Admit(const std::string& tenant, Seconds now) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(tenant);
  if (found == entries_.end()) return absl::OkStatus();
  Entry& entry = found->second;
  const Joules level = Refill(entry.bucket, entry.rate, now).level;
  if (level > Joules(0)) return absl::OkStatus();
  ++entry.refused;
  const Seconds wait = TimeUntilPositive(entry.bucket, entry.rate, now);
  return QuotaError(
      absl::StrCat(
          "the joules of tenant '", tenant, "' are spent: ",
          absl::StrFormat("%.3g J of %.3g J are left, with %.3g J/s more; ",
                          level.value(), entry.rate.burst.value(),
                          entry.rate.refill.value()),
          Advice(wait)),
      wait);
}

void TenantBudgets::Debit(const std::string& tenant, Joules spent,
                          Seconds now) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(tenant);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.bucket = mj::Debit(entry.bucket, entry.rate, now, spent);
}

void TenantBudgets::Set(const TenantLimit& limit, Seconds now) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto [found, is_new] = entries_.try_emplace(limit.tenant);
  Entry& entry = found->second;
  if (is_new) {
    entry.bucket = FullBucket(limit.rate, now);
  } else {
    entry.bucket = Refill(entry.bucket, entry.rate, now);
    entry.bucket.level = std::min(entry.bucket.level, limit.rate.burst);
  }
  entry.rate = limit.rate;
}

void TenantBudgets::Remove(const std::string& tenant) {
  std::lock_guard<std::mutex> lock(mutex_);
  entries_.erase(tenant);
}

std::vector<TenantBudget> TenantBudgets::All(Seconds now) const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<TenantBudget> all;
  for (const auto& [tenant, entry] : entries_) {
    all.push_back({tenant, entry.rate,
                   Refill(entry.bucket, entry.rate, now).level, entry.refused});
  }
  return all;
}

}  // namespace mj
