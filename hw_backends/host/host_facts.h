// What this host offers, and why each absent thing is absent.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_HOST_FACTS_H_
#define MILLIJOULE_HW_BACKENDS_HOST_HOST_FACTS_H_

#include <string>
#include <vector>

#include "hw_backends/models/cpu_descriptor.h"

namespace mj {

struct HostFact {
  std::string name;  // "rapl": the key in JSON, too
  bool present = false;
  std::string detail;  // what it is, or why it is absent
};

// CPU, cores, huge pages, frequency drivers (cpufreq, intel_pstate), power caps
// and the NVIDIA driver, as they are; find_meters.h tells which energy can be
// counted, find_actuators.h what can be controlled. `root` holds proc/ and sys/:
// "/" or a made tree. Reads only; loads no library.
std::vector<HostFact> ReadHostFacts(const std::string& root);

// Who made the CPU, from proc/cpuinfo; empty vendor where that is silent.
CpuIdentity ReadCpuIdentity(const std::string& root);

// "model name" of proc/cpuinfo, or "unknown".
std::string ReadCpuName(const std::string& root);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_HOST_FACTS_H_
