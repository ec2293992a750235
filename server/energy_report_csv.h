// A ledger's report in CodeCarbon's columns, so that its dashboards read it
// (github.com/mlco2/codecarbon, output_methods/emissions_data.py).
//
// As there: energies are kWh and contain PUE, powers do not; emissions are kg
// of CO2 equivalents; a timestamp is the end of the row's windows, here in UTC.
// project_name is the tenant ("(idle)" and "(overhead)" are nobody's), else the
// model. A row is one group of one run. What is not known is empty, never 0;
// the parts of a boundary that has several ("package+dram") are not known.
#ifndef MILLIJOULE_SERVER_ENERGY_REPORT_CSV_H_
#define MILLIJOULE_SERVER_ENERGY_REPORT_CSV_H_

#include <string>

#include "engine/energy/carbon.h"
#include "engine/energy/ledger_report.h"

namespace mj {

// REQUIRES: the report was split by runs.
std::string EnergyReportCsv(const LedgerReport& report, const Carbon& carbon);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_ENERGY_REPORT_CSV_H_
