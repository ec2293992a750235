// What an operation on a KV block costs: ids, reference counts, keys and the
// prefix cache, no model. On chains of equal length in a pool that holds many.
#ifndef MILLIJOULE_BENCH_BLOCK_OPS_H_
#define MILLIJOULE_BENCH_BLOCK_OPS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/call_times.h"

namespace mj {

struct BlockOp {
  std::string name;
  CallTimes times;  // of a block
};

struct BlockOpsOptions {
  int chain_blocks = 20;  // > 0
  int num_chains = 800;   // the pool's
  int rounds = 5;         // each on a new pool
};

// INTERNAL: the crypto library has no SipHash.
absl::StatusOr<std::vector<BlockOp>> MeasureBlockOps(
    const BlockOpsOptions& options);

}  // namespace mj

#endif  // MILLIJOULE_BENCH_BLOCK_OPS_H_
