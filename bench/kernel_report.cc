#include "bench/kernel_report.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace mj {
namespace {

using Json = nlohmann::ordered_json;

Json OrNull(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json Giga(std::optional<double> rate) {
  return rate ? Json(*rate / 1e9) : Json();
}

std::string Number(const Json& value, const char* unknown = "-") {
  return value.is_null() ? unknown
                         : absl::StrFormat("%.1f", value.get<double>());
}

std::string Text(const Json& value) {
  return value.is_null() ? "-" : value.get<std::string>();
}

// Of what `c` did in a second, `rate`; absent where it did nothing such.
std::optional<double> Percent(double rate, std::optional<double> limit) {
  if (rate <= 0 || !limit || *limit <= 0) return std::nullopt;
  return 100 * rate / *limit;
}

}  // namespace

Json KernelRow(const KernelCase& c, const KernelResult& result,
               const MachineLimits& limits, Isa isa, int threads) {
  const double seconds = result.timed.seconds;
  const double operations = c.operations / seconds;
  const double bytes = static_cast<double>(c.bytes) / seconds;
  const bool is_limit = c.source == ByteSource::kLimit;
  const auto read = is_limit
                        ? std::nullopt
                        : std::optional(result.timed.read_bytes_per_second);
  const auto of_peak = Percent(operations, limits.*c.peak);
  const auto of_read = Percent(bytes, read);
  const auto of_limit = std::max(of_peak, of_read);  // absent is the least
  Json row = Json::object();
  row["op"] = c.op;
  row["implementation"] = c.implementation;
  row["type"] = OrNull(c.type);
  row["numerics"] = OrNull(c.numerics);
  row["isa"] = std::string(IsaName(isa));
  row["threads"] = threads;
  row["shape"] = OrNull(c.shape);
  row["rows"] = c.rows;
  row["outputs"] = c.outputs;
  row["inputs"] = c.inputs;
  row["seconds"] = seconds;
  row["gops"] = operations > 0 ? Json(operations / 1e9) : Json();
  row["percent_of_peak"] = OrNull(of_peak);
  row["weight_gb_per_second"] = c.has_weights ? Json(bytes / 1e9) : Json();
  row["gb_per_second"] = bytes / 1e9;
  row["read_gb_per_second"] = Giga(read);
  row["percent_of_bandwidth"] = OrNull(of_read);
  row["percent_of_limit"] = OrNull(of_limit);
  row["rows_bit_equal"] = OrNull(result.rows_bit_equal);
  return row;
}

void AddLimits(const MachineLimits& limits, Json& json) {
  json["read_gb_per_second"] = limits.read_bytes_per_second / 1e9;
  json["read_gb_per_second_one_thread"] =
      limits.read_bytes_per_second_one_thread / 1e9;
  json["peak_gops"] = {{"f32", Giga(limits.f32)},
                       {"bf16", Giga(limits.bf16)},
                       {"int16", Giga(limits.int16)},
                       {"int8", Giga(limits.int8)}};
}

std::string KernelHead(const MachineLimits& limits, Isa isa, int threads) {
  return absl::StrFormat(
      "ISA %s, %d threads; limits: reading %.1f GB/s (one thread %.1f), f32 "
      "%s, bf16 %s, int16 %s, int8 %s Gop/s\n"
      "%-17s %-5s %-5s %-12s %4s %7s %9s %7s %7s %7s %7s %s\n",
      std::string(IsaName(isa)), threads, limits.read_bytes_per_second / 1e9,
      limits.read_bytes_per_second_one_thread / 1e9,
      Number(Giga(limits.f32), "unknown"), Number(Giga(limits.bf16), "unknown"),
      Number(Giga(limits.int16), "unknown"),
      Number(Giga(limits.int8), "unknown"), "op", "type", "num.", "shape",
      "rows", "outputs", "Gop/s", "% peak", "GB/s", "limit", "% read", "");
}

std::string KernelLine(const Json& row) {
  std::string notes;
  if (row["implementation"] != "millijoule") {
    notes = row["implementation"].get<std::string>();
  }
  if (const auto error = row.find("error"); error != row.end()) {
    return absl::StrFormat("%-17s %-5s %-5s: %s\n", Text(row["op"]),
                           Text(row["type"]), Text(row["numerics"]),
                           Text(*error));
  }
  if (row["rows_bit_equal"] == false) notes += " (rows' bits differ)";
  return absl::StrFormat(
      "%-17s %-5s %-5s %-12s %4d %7d %9s %7s %7s %7s %7s %s\n", Text(row["op"]),
      Text(row["type"]), Text(row["numerics"]), Text(row["shape"]),
      row["rows"].get<int>(), row["outputs"].get<int>(), Number(row["gops"]),
      Number(row["percent_of_peak"]), Number(row["gb_per_second"]),
      Number(row["read_gb_per_second"]), Number(row["percent_of_bandwidth"]),
      notes);
}

}  // namespace mj
