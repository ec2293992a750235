// A measured kernel, as JSON and as a line of text.
#ifndef MILLIJOULE_BENCH_KERNEL_REPORT_H_
#define MILLIJOULE_BENCH_KERNEL_REPORT_H_

#include <optional>
#include <string>

#include "bench/kernel_cases.h"
#include "bench/read_limit.h"
#include "bench/roofline.h"
#include "nlohmann/json.hpp"

namespace mj {

struct KernelResult {
  TimedCall timed;
  std::optional<bool> rows_bit_equal;
};

// "percent_of_peak" of the arithmetic's limit, "percent_of_bandwidth" of the
// read limit of the same moment ("read_gb_per_second"), "percent_of_limit" the
// greater: the share of what the roofline allows. Null: not known, or of no
// meaning for this op.
nlohmann::ordered_json KernelRow(const KernelCase& c,
                                 const KernelResult& result,
                                 const MachineLimits& limits, Isa isa,
                                 int threads);

// The limits as members of the whole output.
void AddLimits(const MachineLimits& limits, nlohmann::ordered_json& json);

// The head of the table and its lines, each with its newline.
std::string KernelHead(const MachineLimits& limits, Isa isa, int threads);
std::string KernelLine(const nlohmann::ordered_json& row);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_KERNEL_REPORT_H_
