#include "engine/kv/block_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <cassert>
#include <cstring>

namespace mj {
namespace {

constexpr uint8_t kRootTag = 'R', kBlockTag = 'B';

template <class T>
std::span<const uint8_t> BytesOf(std::span<const T> values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

}  // namespace

void BlockHasher::Free::operator()(evp_mac_ctx_st* context) const {
  EVP_MAC_CTX_free(context);
}

absl::StatusOr<BlockHasher> BlockHasher::Create(const Secret& secret) {
  BlockHasher hasher(secret);
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_SIPHASH, nullptr);
  if (mac != nullptr) hasher.context_.reset(EVP_MAC_CTX_new(mac));
  EVP_MAC_free(mac);
  size_t size = sizeof(BlockKey);
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
      OSSL_PARAM_construct_end()};
  const bool ready =
      hasher.context_ != nullptr &&
      EVP_MAC_CTX_set_params(hasher.context_.get(), params) == 1 &&
      EVP_MAC_init(hasher.context_.get(), secret.data(), secret.size(),
                   nullptr) == 1;
  if (!ready) {
    return absl::InternalError(
        "the prefix cache needs SipHash, which this libcrypto does not offer");
  }
  return hasher;
}

absl::StatusOr<BlockHasher> BlockHasher::CreateSecret() {
  Secret secret;
  if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1) {
    return absl::InternalError("the prefix cache needs random bytes");
  }
  return Create(secret);
}

BlockKey BlockHasher::Hash(std::span<const std::span<const uint8_t>> parts) {
  BlockKey key;
  size_t size = 0;
  EVP_MAC_CTX* context = context_.get();
  bool done =
      EVP_MAC_init(context, secret_.data(), secret_.size(), nullptr) == 1;
  for (std::span<const uint8_t> part : parts) {
    done = done && EVP_MAC_update(context, part.data(), part.size()) == 1;
  }
  uint8_t out[sizeof(key)];
  done = done && EVP_MAC_final(context, out, &size, sizeof(out)) == 1;
  assert(done && size == sizeof(key));  // nothing here depends on the input
  static_cast<void>(done);
  std::memcpy(&key, out, sizeof(key));
  return key;
}

BlockKey BlockHasher::Root(std::string_view region) {
  const std::span<const uint8_t> parts[] = {
      {&kRootTag, 1}, BytesOf(std::span<const char>(region))};
  return Hash(parts);
}

BlockKey BlockHasher::Next(const BlockKey& before,
                           std::span<const int32_t> tokens) {
  const std::span<const uint8_t> parts[] = {
      {&kBlockTag, 1},
      BytesOf(std::span<const BlockKey>(&before, 1)),
      BytesOf(tokens)};
  return Hash(parts);
}

void BlockChain::ExtendTo(int num_blocks, std::span<const int32_t> tokens,
                          int block_size, BlockHasher& hasher) {
  for (int i = static_cast<int>(keys.size()); i < num_blocks; ++i) {
    keys.push_back(hasher.Next(i == 0 ? root : keys.back(),
                               tokens.subspan(i * block_size, block_size)));
  }
}

}  // namespace mj
