#include "engine/speculate/ngram_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace mj {
namespace {

using Tokens = std::vector<TokenId>;

Tokens Letters(const std::string& text) { return {text.begin(), text.end()}; }

int Common(const Tokens& tokens, int a, int b) {
  int length = 0;
  while (length <= a && length < NgramIndex::kLongest &&
         tokens[a - length] == tokens[b - length]) {
    ++length;
  }
  return length;
}

struct Proposal {
  Tokens draft;
  int match = 0;
};

// By the header's words, reading all of the text.
Proposal Reference(const Tokens& tokens, int max_length) {
  const int last = static_cast<int>(tokens.size()) - 1;
  for (const int gram : {NgramIndex::kLong, NgramIndex::kShort}) {
    int seen = 0, best = 0, best_end = 0;
    for (int end = last - 1; end >= 0 && seen < NgramIndex::kCandidates;
         --end) {
      const int length = Common(tokens, end, last);
      if (length < gram) continue;
      ++seen;
      if (length > best) best = length, best_end = end;
    }
    if (best == 0) continue;
    Tokens text = tokens;
    for (int i = 0; i < max_length; ++i) text.push_back(text[best_end + 1 + i]);
    return {{text.begin() + last + 1, text.end()}, best};
  }
  return {};
}

struct ProposalCase {
  const char* name;
  const char* text;
  int max_length;
  const char* draft;
  int match;
};

TEST(NgramIndexTest, Proposals) {
  constexpr ProposalCase kCases[] = {
      {"nothing", "", 4, "", 0},
      {"too short to match", "ab", 4, "", 0},
      {"no match", "abcdefgh", 4, "", 0},
      {"two tokens are no match", "xabyab", 4, "", 0},
      {"three are", "xabcdefgabc", 4, "defg", 3},
      {"no more than asked for", "xabcdefgabc", 2, "de", 3},
      {"none asked for", "xabcdefgabc", 0, "", 3},
      {"the longest", "1abcdeX2bcdeY3abcde", 2, "X2", 5},
      {"of equals the latest", "1abcX2abcY3abc", 1, "Y", 3},
      {"the match at the very beginning", "abcdabc", 1, "d", 3},
      {"a loop goes on", "xyabababa", 6, "bababa", 5},
      {"past the end into itself", "abcdefabc", 9, "defabcdef", 3},
      {"one token repeated", "zzzz", 3, "zzz", 3},
  };
  for (const ProposalCase& c : kCases) {
    SCOPED_TRACE(c.name);
    NgramIndex index;
    Tokens draft = {7, 7};
    EXPECT_EQ(index.Propose(Letters(c.text), c.max_length, draft), c.match);
    EXPECT_EQ(draft, Letters(c.draft));
  }
}

TEST(NgramIndexTest, LongerThanTheLongestCountsAsThat) {
  Tokens tokens;
  for (int repeat = 0; repeat < 2; ++repeat) {
    for (int id = 0; id < 50; ++id) tokens.push_back(id);
  }
  NgramIndex index;
  Tokens draft;
  EXPECT_EQ(index.Propose(tokens, 2, draft), NgramIndex::kLongest);
  EXPECT_THAT(draft, testing::ElementsAre(0, 1));
}

// Random texts that copy from themselves now and then, asked at growing
// lengths, with gaps as of requests that speculate now and then.
TEST(NgramIndexTest, AgreesWithTheReference) {
  std::mt19937 random(1);
  const auto below = [&](int n) {
    return static_cast<int>(random() % static_cast<unsigned>(n));
  };
  for (int round = 0; round < 60; ++round) {
    const int alphabet = 1 + below(round % 3 == 0 ? 3 : 40);
    NgramIndex index;
    Tokens tokens, draft;
    int matches = 0;
    while (tokens.size() < 700) {
      if (tokens.size() > 20 && below(3) == 0) {
        const int from = below(static_cast<int>(tokens.size()) - 10);
        const int length = below(40);
        for (int i = 0; i < length; ++i) tokens.push_back(tokens[from + i]);
      } else {
        for (int i = below(6); i >= 0; --i) tokens.push_back(below(alphabet));
      }
      if (below(4) == 0) continue;
      const int max_length = below(20);
      const Proposal want = Reference(tokens, max_length);
      ASSERT_EQ(index.Propose(tokens, max_length, draft), want.match);
      ASSERT_EQ(draft, want.draft);
      matches += want.match > 0;
    }
    EXPECT_GT(matches, 10);
  }
}

TEST(NgramIndexTest, MemoryIsBoundedByTheToken) {
  std::mt19937 random(2);
  Tokens tokens, draft;
  NgramIndex index;
  EXPECT_EQ(index.num_bytes(), 0);
  for (int i = 0; i < 70'000; ++i) {
    tokens.push_back(static_cast<TokenId>(random() % 50'000));
    if (i < 5000 || i > 65'530) index.Propose(tokens, 4, draft);
    ASSERT_LE(index.num_bytes(), 48 * tokens.size());
  }
  index.Propose(tokens, 4, draft);
  EXPECT_LE(index.num_bytes(), 48 * tokens.size());
  Tokens same(70'000, 5);
  NgramIndex of_repeats;
  EXPECT_EQ(of_repeats.Propose(same, 1, draft), NgramIndex::kLongest);
  EXPECT_LE(of_repeats.num_bytes(), 48 * same.size());
}

}  // namespace
}  // namespace mj
