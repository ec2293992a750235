// A report of one tenant's second and an unknown one.
#ifndef MILLIJOULE_TESTS_SERVER_ENERGY_REPORT_FIXTURE_H_
#define MILLIJOULE_TESTS_SERVER_ENERGY_REPORT_FIXTURE_H_

#include "engine/energy/ledger_report.h"
#include "engine/energy/ledger_store.h"
#include "tests/fakes/ledger_windows.h"
#include "tests/fakes/temp_folder.h"

namespace mj {

inline Carbon TestCarbon() {
  Carbon carbon;
  carbon.power_usage_effectiveness = {2, "test"};
  carbon.water_usage_effectiveness = {0.5, "test"};
  carbon.grid = {"DEU", {400, "test, of DEU", 2025}, Factor{3, "test"}};
  return carbon;
}

// A kWh of IT energy: a quarter each for alice's prompt and reply, idle and
// overhead; then a second that nobody could read.
inline LedgerReport TestReport(const LedgerQuery& query, const Carbon& carbon,
                               const std::string& domain = "package",
                               const std::string& tenant = "alice") {
  const TempFolder folder;
  const std::string path = folder.path() + "/energy.db";
  const auto store = *LedgerStore::Open(path);
  LedgerRun run = TestRun("run-1");
  run.domain = domain;
  EXPECT_TRUE(store->SetRun(run).ok());
  LedgerWindow w;
  w.start = run.start;
  w.end = w.start + absl::Seconds(1);
  w.scale = 1;
  w.prefill = w.decode = w.idle = w.overhead = Joules(9e5);
  w.wasted["aborted"] = Joules(1e5);
  w.tenants.push_back({tenant, Joules(9e5), Joules(9e5), 2, 500});
  EXPECT_TRUE(store->Append(w).ok());
  LedgerWindow unknown;
  unknown.number = 1;
  unknown.start = w.end;
  unknown.end = w.end + absl::Seconds(1);
  unknown.unknown = "UNAVAILABLE: energy_uj: vanished";
  unknown.lost = Seconds(1);
  EXPECT_TRUE(store->Append(unknown).ok());
  LedgerReader reader = *LedgerReader::Open(path);
  return *MakeLedgerReport(reader, query, carbon);
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_SERVER_ENERGY_REPORT_FIXTURE_H_
