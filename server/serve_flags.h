// The flags of `millijoule serve`.
#ifndef MILLIJOULE_SERVER_SERVE_FLAGS_H_
#define MILLIJOULE_SERVER_SERVE_FLAGS_H_

#include <optional>
#include <string>
#include <vector>

#include "engine/energy/governor.h"
#include "engine/engine_flags.h"
#include "hw_backends/host/actuator_lease.h"
#include "server/http_server.h"

namespace mj {

struct ServeFlags {
  EngineFlags engine;
  HttpOptions http;
  std::string grpc = "127.0.0.1:50051";
  std::string api_keys;       // file; "": none are needed
  std::string energy_ledger;  // file; "" and "off": none is kept
  std::optional<double> ledger_retention_days;
  std::string tenant_limits;   // file; "": there are none
  std::string prefix_regions;  // file; "": no tenant shares with another
  std::optional<double> slo_ttft_ms, slo_tpot_ms;
  std::optional<double> power_cap_watts;
  std::optional<GovernorPolicy> governor;  // nothing: clocks are left alone
  std::optional<double> frequency_mhz;     // of --governor fixed
  HelperOptions helper;                    // its program and run folder
  std::string actuator_socket;  // of a helper that runs already; "": start one
  double drain_delay = 0, drain_timeout = 30;  // seconds
  std::string log_level = "info";
  std::string log_format = "text";
  bool log_prompts = false;
};

// `flags` must outlive the result.
std::vector<Flag> ServeFlagTable(ServeFlags& flags);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_SERVE_FLAGS_H_
