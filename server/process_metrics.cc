#include "server/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

namespace mj {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

void AddValue(std::vector<MetricFamily>& families, std::string name,
              std::string help, MetricType type, double value) {
  prometheus::ClientMetric metric;
  if (type == MetricType::Counter) metric.counter.value = value;
  if (type == MetricType::Gauge) metric.gauge.value = value;
  families.push_back({std::move(name), std::move(help), type, {metric}});
}

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * time.tv_usec;
}

void AddMemory(std::vector<MetricFamily>& families) {
  std::ifstream statm("/proc/self/statm");
  double virtual_pages = 0, resident_pages = 0;
  if (!(statm >> virtual_pages >> resident_pages)) return;
  const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
  AddValue(families, "process_virtual_memory_bytes", "Virtual memory.",
           MetricType::Gauge, virtual_pages * page);
  AddValue(families, "process_resident_memory_bytes", "Resident memory.",
           MetricType::Gauge, resident_pages * page);
}

void AddFileDescriptors(std::vector<MetricFamily>& families) {
  std::error_code error;
  std::filesystem::directory_iterator open("/proc/self/fd", error);
  if (!error) {
    AddValue(families, "process_open_fds", "Open file descriptors.",
             MetricType::Gauge,
             static_cast<double>(std::distance(begin(open), end(open))));
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  AddValue(families, "process_max_fds", "Most file descriptors allowed.",
           MetricType::Gauge, static_cast<double>(limit.rlim_cur));
}

// Field 22 of /proc/self/stat, counted behind the name, is the start in ticks
// since boot; btime is the boot.
void AddStartTime(std::vector<MetricFamily>& families) {
  std::ifstream stat("/proc/self/stat"), system("/proc/stat");
  std::string word;
  if (!std::getline(stat, word, ')')) return;
  double ticks = 0, boot = 0;
  for (int field = 3; field < 22; ++field) stat >> word;
  if (!(stat >> ticks)) return;
  while (system >> word && word != "btime") continue;
  if (!(system >> boot)) return;
  AddValue(families, "process_start_time_seconds", "Start, since 1970.",
           MetricType::Gauge,
           boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace

void AddProcessMetrics(std::vector<MetricFamily>& families) {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    AddValue(families, "process_cpu_seconds_total", "User and system time.",
             MetricType::Counter,
             SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime));
  }
  AddStartTime(families);
  AddMemory(families);
  AddFileDescriptors(families);
}

}  // namespace mj
