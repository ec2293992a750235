// Names of what a KV block holds: a keyed 128-bit hash over its tokens and all
// that stand before them, chained block by block from a root that names who may
// share. Without the secret nobody can foresee a key, nor make two collide.
#ifndef MILLIJOULE_ENGINE_KV_BLOCK_KEY_H_
#define MILLIJOULE_ENGINE_KV_BLOCK_KEY_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

struct evp_mac_ctx_st;

namespace mj {

struct BlockKey {
  uint64_t high = 0, low = 0;

  bool operator==(const BlockKey&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const BlockKey& key) {
    return H::combine(std::move(h), key.low);
  }
};

// SipHash-2-4 of 128 bits (Aumasson & Bernstein 2012). One thread owns it.
class BlockHasher final {
 public:
  using Secret = std::array<uint8_t, 16>;
  // INTERNAL: the crypto library has no SipHash.
  static absl::StatusOr<BlockHasher> Create(const Secret& secret);
  // With a secret that nobody knows. INTERNAL: it has no randomness either.
  static absl::StatusOr<BlockHasher> CreateSecret();

  // Where the chains of one region begin. Roots and blocks are hashed under
  // different tags: no name makes a root that is also some block's key.
  BlockKey Root(std::string_view region);
  // Of the block with `tokens` that follows the one named `before`.
  BlockKey Next(const BlockKey& before, std::span<const int32_t> tokens);

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  explicit BlockHasher(const Secret& secret) : secret_(secret) {}
  BlockKey Hash(std::span<const std::span<const uint8_t>> parts);

  Secret secret_;
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

// The keys of a sequence's full blocks, as far as they have been needed.
struct BlockChain {
  BlockKey root;
  std::vector<BlockKey> keys;

  // Keys for the first `num_blocks` blocks. REQUIRES: `tokens` fill them, and
  // those of earlier calls have not changed.
  void ExtendTo(int num_blocks, std::span<const int32_t> tokens, int block_size,
                BlockHasher& hasher);
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_KV_BLOCK_KEY_H_
