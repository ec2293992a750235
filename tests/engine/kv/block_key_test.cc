#include "engine/kv/block_key.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace mj {
namespace {

BlockHasher HasherOf(uint8_t secret) {
  return *BlockHasher::Create(BlockHasher::Secret{secret});
}

std::string Hex(const BlockKey& key) {
  std::string text;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&key);
  for (size_t i = 0; i < sizeof(key); ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

// Against the published reference: SipHash-2-4 with 128 bits of output, key
// 00 01 .. 0f, of the message "R" = 52 alone.
TEST(BlockKeyTest, IsSipHashOfTheTaggedMessage) {
  BlockHasher::Secret secret;
  for (size_t i = 0; i < secret.size(); ++i) secret[i] = i;
  auto hasher = BlockHasher::Create(secret);
  ASSERT_TRUE(hasher.ok()) << hasher.status();
  EXPECT_EQ(Hex(hasher->Root("")), "8368b93f410332e58447443c60494ec9");
}

TEST(BlockKeyTest, TellsApartSecretsNamesTokensAndOrder) {
  BlockHasher one = HasherOf(1), other = HasherOf(2);
  const int32_t ab[] = {1, 2}, ba[] = {2, 1};
  const BlockKey root = one.Root("ann");
  const std::set<std::string> keys = {
      Hex(root),
      Hex(other.Root("ann")),
      Hex(one.Root("bob")),
      Hex(one.Next(root, ab)),
      Hex(one.Next(root, ba)),
      Hex(one.Next(one.Root("bob"), ab)),
      Hex(one.Next(one.Next(root, ab), ab)),
  };
  EXPECT_EQ(keys.size(), 7u);
  EXPECT_EQ(one.Root("ann"), root) << "a hasher keeps nothing between calls";
  EXPECT_EQ(HasherOf(1).Root("ann"), root);
}

TEST(BlockKeyTest, TwoSecretsDiffer) {
  EXPECT_FALSE(BlockHasher::CreateSecret()->Root("x") ==
               BlockHasher::CreateSecret()->Root("x"));
}

TEST(BlockChainTest, ExtendsByWholeBlocksOnce) {
  BlockHasher hasher = HasherOf(1);
  const int32_t tokens[] = {5, 6, 7, 8, 9};
  BlockChain chain{hasher.Root("ann")};
  chain.ExtendTo(1, tokens, 2, hasher);
  ASSERT_EQ(chain.keys.size(), 1u);
  const BlockKey first = chain.keys[0];
  EXPECT_EQ(first, hasher.Next(chain.root, std::span(tokens).first(2)));
  chain.ExtendTo(2, tokens, 2, hasher);
  ASSERT_EQ(chain.keys.size(), 2u);
  EXPECT_EQ(chain.keys[0], first);
  EXPECT_EQ(chain.keys[1], hasher.Next(first, std::span(tokens).subspan(2, 2)));
  chain.ExtendTo(1, tokens, 2, hasher);
  EXPECT_EQ(chain.keys.size(), 2u);
}

}  // namespace
}  // namespace mj
