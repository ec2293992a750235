#include "engine/energy/ledger_rows.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {
namespace {

std::vector<LedgerTenant> TenantsOf(const EnergyWindow& window) {
  std::map<std::string, LedgerTenant> tenants;
  for (const RequestWindow& request : window.requests) {
    LedgerTenant& tenant = tenants[request.tenant];
    tenant.prefill += request.prefill;
    tenant.decode += request.decode;
  }
  for (const EndedRequest& ended : window.ended) {
    LedgerTenant& tenant = tenants[ended.tenant];
    ++tenant.requests;
    tenant.output_tokens += ended.output_tokens;
  }
  std::vector<LedgerTenant> rows;
  for (auto& [name, tenant] : tenants) {
    tenant.tenant = name;
    rows.push_back(std::move(tenant));
  }
  return rows;
}

}  // namespace

LedgerWindow LedgerWindowOf(const EnergyWindow& window, int64_t number,
                            absl::Time end) {
  LedgerWindow row;
  row.number = number;
  row.start = end - absl::Seconds((window.end - window.start).count());
  row.end = end;
  if (!window.known()) row.unknown = window.status.ToString();
  row.lost = window.lost;
  row.scale = window.scale;
  row.prefill = window.energy.prefill;
  row.decode = window.energy.decode;
  row.idle = window.energy.idle;
  row.overhead = window.energy.overhead;
  for (int i = 0; i < kNumWasteReasons; ++i) {
    const Joules wasted = window.energy.wasted[i];
    if (wasted == Joules(0)) continue;
    row.wasted[std::string(WasteReasonName(static_cast<WasteReason>(i)))] =
        wasted;
  }
  row.tenants = TenantsOf(window);
  return row;
}

}  // namespace mj
