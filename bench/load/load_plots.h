// What a person would look at after a load.
#ifndef MILLIJOULE_BENCH_LOAD_LOAD_PLOTS_H_
#define MILLIJOULE_BENCH_LOAD_LOAD_PLOTS_H_

#include <vector>

#include "bench/load/load_report.h"
#include "bench/load/svg_plot.h"

namespace mj {

// Of one run: distributions of TTFT and latency, and of TPOT and longest gap,
// with the SLO; tokens a second, and requests in flight and failed, over time;
// joules per token by the requests in flight, where the server tells joules.
std::vector<Plot> RunPlots(const LoadRow& row, const Slo& slo);

// Of a sweep: the latencies' p99, the share within the SLO, and joules per
// token, by the rate.
std::vector<Plot> SweepPlots(const LoadReport& report);

// The cumulative distribution, in at most `most` points.
std::vector<PlotPoint> CdfPoints(std::vector<double> samples, int most);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_LOAD_PLOTS_H_
