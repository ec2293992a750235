// Random windows of a ledger, whose parts add up as those of a meter do.
#ifndef MILLIJOULE_TESTS_FAKES_LEDGER_WINDOWS_H_
#define MILLIJOULE_TESTS_FAKES_LEDGER_WINDOWS_H_

#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/energy/ledger_rows.h"

namespace mj {

inline LedgerRun TestRun(const std::string& id) {
  LedgerRun run;
  run.id = id;
  run.start = absl::FromUnixSeconds(1767268800);
  run.commit = "abc";
  run.cpu = "Test CPU";
  run.isa = "avx2";
  run.numerics = "f32";
  run.model = "tiny";
  run.model_fingerprint = "f00d";
  run.method = "measured";
  run.domain = "package";
  run.calibration = "scripted-1";
  return run;
}

// A second each from noon on; one in `unknown_every` fails and the next known
// one makes it good, unless it is lost.
inline std::vector<LedgerWindow> RandomWindows(std::mt19937& random, int n,
                                               int unknown_every = 10) {
  const auto below = [&](int m) {
    return std::uniform_int_distribution<int>(0, m - 1)(random);
  };
  std::lognormal_distribution<double> joules(0, 2);
  const absl::Time noon = absl::FromUnixSeconds(1767268800);
  std::vector<LedgerWindow> windows;
  int first = 0;  // second at which the next known window starts
  for (int i = 0; i < n; ++i) {
    LedgerWindow w;
    w.number = i;
    w.start = noon + absl::Seconds(first);
    w.end = noon + absl::Seconds(i + 1);
    std::map<std::string, LedgerTenant> tenants;
    for (int t = 0, m = below(4); t < m; ++t) {
      LedgerTenant tenant{"tenant" + std::to_string(below(5))};
      tenant.prefill = Joules(joules(random));
      tenant.decode = Joules(joules(random));
      tenant.requests = below(3);
      tenant.output_tokens = below(100);
      tenants[tenant.tenant] = tenant;
    }
    const bool unknown = below(unknown_every) == 0;
    for (auto& [name, tenant] : tenants) {
      if (unknown) tenant.prefill = tenant.decode = Joules(0);
      w.prefill += tenant.prefill;
      w.decode += tenant.decode;
      w.tenants.push_back(tenant);
    }
    if (unknown) {
      w.unknown = "UNAVAILABLE: energy_uj: vanished";
      if (below(3) == 0) {
        w.lost = Seconds(i + 1 - first);
        first = i + 1;
      }
    } else {
      w.scale = joules(random);
      w.idle = Joules(joules(random));
      w.overhead = Joules(joules(random));
      if (below(3) == 0) w.wasted["aborted"] = w.decode * 0.5;
      if (below(3) == 0) w.wasted["preempted"] = w.prefill * 0.25;
      first = i + 1;
    }
    windows.push_back(std::move(w));
  }
  return windows;
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_LEDGER_WINDOWS_H_
