// A ledger's report as JSON: rows, totals, the runs they come from, and the
// factors that priced them. What is not known is null, never 0.
#ifndef MILLIJOULE_SERVER_ENERGY_REPORT_JSON_H_
#define MILLIJOULE_SERVER_ENERGY_REPORT_JSON_H_

#include "engine/energy/carbon.h"
#include "engine/energy/ledger_report.h"
#include "server/openai/json_reader.h"

namespace mj {

Json EnergyReportJson(const LedgerReport& report, ReportBy by,
                      const Carbon& carbon);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_ENERGY_REPORT_JSON_H_
