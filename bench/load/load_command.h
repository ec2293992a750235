// millijoule-bench load: open- and closed-loop load on a server.
#ifndef MILLIJOULE_BENCH_LOAD_LOAD_COMMAND_H_
#define MILLIJOULE_BENCH_LOAD_LOAD_COMMAND_H_

#include "engine/flag.h"
#include "engine/provenance.h"

namespace mj {

Command LoadCommand(const BuildInfo& build);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_LOAD_COMMAND_H_
