// A ledger's report as a table for a terminal.
#ifndef MILLIJOULE_SERVER_ENERGY_REPORT_TEXT_H_
#define MILLIJOULE_SERVER_ENERGY_REPORT_TEXT_H_

#include <string>

#include "engine/energy/carbon.h"
#include "engine/energy/ledger_report.h"

namespace mj {

// Unknown numbers are "-", never 0.
std::string EnergyReportText(const LedgerReport& report, ReportBy by,
                             const Carbon& carbon);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_ENERGY_REPORT_TEXT_H_
