#include "bench/block_ops.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <random>
#include <span>
#include <utility>

#include "engine/kv/block_key.h"
#include "engine/kv/block_table.h"
#include "engine/kv/prefix_cache.h"
#include "hw_backends/backend.h"

namespace mj {
namespace {

struct Times {
  CallTimes key, allocate, free, add, find, share, unshare, idle, revive, evict,
      replace;
};

// A sequence as far as the KV cache knows it.
struct Chain {
  std::vector<int32_t> tokens;
  BlockChain names;
  BlockTable blocks;
};

// One pool from empty to full, then as it is in a long run: every block taken
// for new content is another's idle one.
class Round {
 public:
  Round(const BlockOpsOptions& options, uint32_t seed, BlockHasher& hasher,
        Times& times)
      : size_(options.chain_blocks),
        random_(seed),
        hasher_(hasher),
        times_(times),
        pool_(size_ * options.num_chains),
        cache_(kBlockSize, pool_),
        chains_(options.num_chains),
        order_(options.num_chains) {
    std::iota(order_.begin(), order_.end(), 0);
    for (Chain& chain : chains_) Rename(chain);
  }

  void Run() {
    ScatterEmptyBlocks();
    for (Chain& chain : chains_) {
      Allocate(chain, times_.allocate);
      Add(chain, times_.add);
    }
    InAnyOrder([&](Chain& chain) { FindAndShare(chain, times_.share); });
    InAnyOrder([&](Chain& chain) { Clear(chain.blocks, times_.idle); });
    InAnyOrder([&](Chain& chain) {
      FindAndShare(chain, times_.revive, &chain.blocks);
    });
    InAnyOrder([&](Chain& chain) { chain.blocks.Clear(pool_); });
    InAnyOrder([&](Chain& chain) {
      Rename(chain);
      Allocate(chain, times_.evict);
      Add(chain, times_.replace);
    });
  }

 private:
  template <class Act>
  void InAnyOrder(Act act) {
    std::shuffle(order_.begin(), order_.end(), random_);
    for (int i : order_) act(chains_[i]);
  }

  void Rename(Chain& chain) {
    chain.tokens.resize(static_cast<size_t>(size_) * kBlockSize);
    for (int32_t& token : chain.tokens) {
      token = static_cast<int32_t>(random_() % 100000);
    }
    chain.names = {.root = hasher_.Root("default"), .keys = {}};
    chain.names.keys.reserve(size_);
    times_.key.Time(size_, [&] {
      chain.names.ExtendTo(size_, chain.tokens, kBlockSize, hasher_);
    });
  }

  // Chains of a long run lie anywhere.
  void ScatterEmptyBlocks() {
    std::vector<BlockId> ids(pool_.num_blocks());
    const absl::Status taken = pool_.Allocate(ids);
    assert(taken.ok());
    taken.IgnoreError();
    std::shuffle(ids.begin(), ids.end(), random_);
    for (size_t i = 0; i + size_ <= ids.size(); i += size_) {
      times_.free.Time(size_, [&] {
        for (int k = 0; k < size_; ++k) pool_.Release(ids[i + k]);
      });
    }
  }

  void Allocate(Chain& chain, CallTimes& times) {
    times.Time(size_, [&] {
      for (int i = 1; i <= size_; ++i) {
        const absl::Status grown = chain.blocks.GrowTo(i, pool_);
        assert(grown.ok());
        grown.IgnoreError();
      }
    });
  }

  void Add(const Chain& chain, CallTimes& times) {
    times.Time(size_, [&] {
      for (int i = 1; i <= size_; ++i) {
        cache_.Add(chain.names, chain.tokens, chain.blocks.ids().first(i));
      }
    });
  }

  // Into `into`, or into a table that then gives them back.
  void FindAndShare(const Chain& chain, CallTimes& times,
                    BlockTable* into = nullptr) {
    std::vector<BlockId> found;
    found.reserve(size_);
    times_.find.Time(
        size_, [&] { cache_.Extend(chain.names.keys, chain.tokens, found); });
    assert(static_cast<int>(found.size()) == size_);
    BlockTable second;
    BlockTable& table = into == nullptr ? second : *into;
    times.Time(size_, [&] { table.Share(found, pool_); });
    if (into == nullptr) Clear(second, times_.unshare);
  }

  void Clear(BlockTable& table, CallTimes& times) {
    times.Time(size_, [&] { table.Clear(pool_); });
  }

  const int size_;
  std::mt19937 random_;
  BlockHasher& hasher_;
  Times& times_;
  BlockPool pool_;
  PrefixCache cache_;
  std::vector<Chain> chains_;
  std::vector<int> order_;
};

}  // namespace

absl::StatusOr<std::vector<BlockOp>> MeasureBlockOps(
    const BlockOpsOptions& options) {
  absl::StatusOr<BlockHasher> hasher = BlockHasher::CreateSecret();
  if (!hasher.ok()) return hasher.status();
  Times times;
  for (int i = 0; i < options.rounds; ++i) {
    Round(options, static_cast<uint32_t>(i), *hasher, times).Run();
  }
  std::vector<BlockOp> ops;
  const auto add = [&](std::string name, CallTimes& of) {
    ops.push_back({std::move(name), std::move(of)});
  };
  add("key of 32 tokens", times.key);
  add("allocate an empty one", times.allocate);
  add("allocate, evicting an idle one", times.evict);
  add("free, to empty", times.free);
  add("free, to idle", times.idle);
  add("share one in use", times.share);
  add("share an idle one", times.revive);
  add("give a shared one back", times.unshare);
  add("find in the prefix cache", times.find);
  add("add to the prefix cache", times.add);
  add("add, forgetting what was evicted", times.replace);
  return ops;
}

}  // namespace mj
