// A small platform and model with round numbers, for tests of virtual time.
#ifndef MILLIJOULE_TESTS_ENGINE_SIMULATE_MADE_PLATFORM_H_
#define MILLIJOULE_TESTS_ENGINE_SIMULATE_MADE_PLATFORM_H_

#include "engine/simulate/simulation.h"
#include "hw_backends/models/platform_cost_model.h"
#include "hw_backends/models/shape_file.h"

namespace mj {

// Three clocks; a decode step takes about 10 ms at the top one.
inline PlatformDescriptor MadePlatform() {
  PlatformDescriptor p;
  p.name = "made";
  p.clocks = {Hertz(250e6), Hertz(500e6), Hertz(1000e6)};
  p.voltage = {{Hertz(500e6), 0.6}, {Hertz(1000e6), 1}};
  p.linear_per_second = 2e12;
  p.other_per_second = 1e12;
  p.bytes_per_second = 2.7e10;
  p.memory_bytes = 4'000'000'000;
  p.idle_constant = Watts(20);
  p.idle_clocking = Watts(10);
  p.busy_clocking = Watts(40);
  p.linear_operation = p.other_operation = Joules(2e-11);
  p.memory_byte = Joules(2e-10);
  p.control_byte = Joules(2e-10);
  p.parked = Watts(15);
  p.wake_parked = Seconds(0.02);
  p.dropped = Watts(5);
  p.restart = Seconds(1);
  p.reload_rate = 1e9;
  p.switch_latency = Seconds(0.001);
  p.switch_energy = Joules(0.001);
  return p;
}

inline PlatformCostModel MadeModel() {
  return PlatformCostModel(FindShape("smollm2-135m")->shape,
                           {.activation_bytes = 2}, MadePlatform(), 1);
}

inline SimulationOptions MadeOptions(const PlatformCostModel& model,
                                     GovernorPolicy policy) {
  SimulationOptions options;
  GovernorLimits& limits = options.limits;
  limits.policy = policy;
  limits.slo_ttft = Seconds(0.5);
  limits.slo_tpot = Seconds(0.05);
  limits.clocks.assign(model.clocks().begin(), model.clocks().end());
  for (int clock = 0; clock < model.num_clocks(); ++clock) {
    limits.idle_power.push_back(model.idle_power(clock));
  }
  limits.max_batched_tokens = 256;
  limits.profile = ProfilePlatform(model, limits.max_batched_tokens, 1);
  limits.fixed_clock = model.full_clock();
  limits.power_cap = Watts(60);
  limits.switch_latency = model.platform().switch_latency;
  limits.switch_energy = model.switch_energy();
  limits.parked = {model.parked_power(), model.platform().wake_parked};
  limits.dropped = {model.dropped_power(), Seconds(1.3)};
  options.schedule = {16, limits.max_batched_tokens, 32};
  options.num_blocks = 200;
  options.max_model_len = 4000;
  options.device.switch_latency = limits.switch_latency;
  options.wake_dropped = Seconds(1.3);
  return options;
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_ENGINE_SIMULATE_MADE_PLATFORM_H_
