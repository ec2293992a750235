// Sequences whose tokens begin alike share the KV blocks of that beginning.
// Equal bits, by the rule of bits: what was computed for one is what the other
// would have computed. Engine thread only.
//
// Who may share: the requests of one tenant, and those of tenants that the
// operator has put into one region. That name begins each chain of keys, so
// nobody finds, nor waits for, blocks of others, and no client has a say in it.
#ifndef MILLIJOULE_ENGINE_PREFIX_REUSE_H_
#define MILLIJOULE_ENGINE_PREFIX_REUSE_H_

#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "engine/kv/block_key.h"
#include "engine/kv/block_pool.h"
#include "engine/kv/prefix_cache.h"
#include "engine/prefix_stats.h"
#include "engine/request/sequence.h"

namespace mj {

class PrefixReuse final {
 public:
  // `window`: as of Queues. `pool` outlives it.
  PrefixReuse(BlockHasher hasher, PrefixRegions regions, int window,
              BlockPool& pool);

  // Once, before the sequence queues.
  void Begin(Sequence& s);

  // What a waiting sequence would start with.
  struct Start {
    int num_blocks = 0;
    int num_copied = 0;    // tokens, from a block that begins alike
    int num_released = 0;  // of these blocks, out of its window: not to be held
    int num_idle = 0;      // of the others
    bool follows = false;  // an earlier sequence computes what comes next
  };
  // A round asks for each sequence that has more than its last token to
  // compute, earlier ones first.
  void BeginRound() { coming_.clear(); }
  Start Probe(Sequence& waiting);
  // Takes in what has become complete meanwhile. Returns Start::follows.
  bool Follow(Sequence& running);

  // The sequence starts with what Probe() said, but for what is copied.
  // REQUIRES: nothing has changed since.
  void Attach(Sequence& starting);
  // Copy on write: those that Attach() was called for have got blocks to
  // compute in. What they begin alike with another goes there before the step
  // runs: `copies` are to be made in their order. Who has no such block goes
  // without.
  void Copy(std::vector<BlockCopy>& copies);
  // After steps: its complete blocks may be found from now on.
  void NoteComputed(Sequence& s);
  // It has given all blocks back, to be computed again.
  void NotePreempted(Sequence& s);

  // Since the latest call; valid until the next.
  std::span<const SharedTokens> TakeShared();
  const PrefixStats& stats() const { return stats_; }

 private:
  std::string RegionOf(const std::string& tenant) const;
  // Fills found_ with the blocks of `s` that may be shared, its own first.
  void Find(Sequence& s);
  bool Follows(const Sequence& s, int num_blocks);
  PrefixCache::Partial PartlyEqual(const Sequence& s) const;
  void Share(Sequence& s);
  void CountShared(Sequence& s, int first);
  void CountStart(Sequence& s);

  BlockHasher hasher_;
  const PrefixRegions regions_;
  const int window_;
  BlockPool& pool_;
  PrefixCache cache_;
  PrefixStats stats_;
  std::vector<BlockId> found_;
  std::vector<SharedTokens> shared_, taken_;
  struct Copying {
    Sequence* sequence;
    PrefixCache::Partial from;  // with a reference until it is copied
  };
  std::vector<Copying> copying_;
  // The blocks that this round's sequences go on with.
  absl::flat_hash_set<BlockKey> coming_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_PREFIX_REUSE_H_
