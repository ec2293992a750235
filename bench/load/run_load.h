// Sends a plan's requests and notes what comes back.
#ifndef MILLIJOULE_BENCH_LOAD_RUN_LOAD_H_
#define MILLIJOULE_BENCH_LOAD_RUN_LOAD_H_

#include <functional>
#include <memory>
#include <vector>

#include "bench/load/load_plan.h"
#include "bench/load/load_run.h"
#include "bench/load/transport.h"

namespace mj {

// How far a run is, once a second.
struct Progress {
  Seconds elapsed{0};
  int sent = 0, finished = 0, failed = 0;
  double parts_per_second = 0;  // parts with text, over the last second
};

struct LoadOptions {
  std::vector<Prompt> prompts;  // taken in turn; empty: made-up ones
  std::function<void(const Progress&)> on_progress;
};

using MakeTransport =
    std::function<std::unique_ptr<Transport>(boost::asio::io_context&)>;

// Runs an event loop on this thread until every reply has come or timed out.
// Open loop: each request starts when it is due, however many are in flight.
// SIGINT and SIGTERM end it: what is in flight is "interrupted".
LoadRun RunLoad(const LoadPlan& plan, const LoadOptions& options,
                const MakeTransport& make_transport);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_RUN_LOAD_H_
