#include "engine/model/sha256.h"

#include <gtest/gtest.h>

#include <string>

namespace mj {
namespace {

struct Case {
  const char* name;
  std::string text;
  const char* want;
};

// Of FIPS 180-4's examples.
const Case kCases[] = {
    {"empty", "",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"one block", "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

TEST(Sha256Test, IsTheStandardsInWholeAndInParts) {
  for (const Case& c : kCases) {
    const auto bytes = std::as_bytes(std::span(c.text));
    Sha256 whole, parts;
    whole.Add(bytes);
    parts.Add(bytes.first(bytes.size() / 3));
    parts.Add(bytes.subspan(bytes.size() / 3));
    EXPECT_EQ(whole.Hex().value_or(""), c.want) << c.name;
    EXPECT_EQ(parts.Hex().value_or(""), c.want) << c.name;
  }
  EXPECT_EQ(Sha256().Digest().value_or("").size(), Sha256::kBytes);
}

}  // namespace
}  // namespace mj
