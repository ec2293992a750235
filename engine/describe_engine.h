// What an engine was started with and why, for people.
#ifndef MILLIJOULE_ENGINE_DESCRIBE_ENGINE_H_
#define MILLIJOULE_ENGINE_DESCRIBE_ENGINE_H_

#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/engine_flags.h"
#include "engine/provenance.h"
#include "hw_backends/host/cores.h"

namespace mj {

// A line each of model, backend, threads, KV cache, limits and energy.
// `counters`: those that are read, or why none is.
std::vector<std::string> DescribeEngine(const EngineFlags& flags,
                                        const CoreAllowance& cores,
                                        const std::string& counters,
                                        const Engine& engine,
                                        const Provenance& from);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_DESCRIBE_ENGINE_H_
