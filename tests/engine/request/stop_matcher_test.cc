#include "engine/request/stop_matcher.h"

#include <random>

#include "gtest/gtest.h"

namespace mj {
namespace {

struct StopCase {
  const char* name;
  std::vector<std::string> stops;
  std::string text, want;  // `want`: the text before the match
  std::string match;       // "": none
};

const StopCase kStopCases[] = {
    {"no stops", {}, "abc", "abc", ""},
    {"no match", {"xyz"}, "abxy", "abxy", ""},
    {"in the middle", {"lo"}, "hello world", "hel", "lo"},
    {"at the start", {"he"}, "hello", "", "he"},
    {"the first of several", {"world", "o"}, "hello world", "hell", "o"},
    {"the one that ends first", {"bc", "abcd"}, "xabcd", "xa", "bc"},
    {"the longest that ends there", {"c", "abc"}, "xabc", "x", "abc"},
    {"overlaps itself", {"aab"}, "aaaab", "aa", "aab"},
    {"falls back", {"ababc"}, "abababc", "ab", "ababc"},
    {"many bytes a character", {"é世"}, "né世界", "n", "é世"},
    {"a beginning at the end", {"END"}, "the EN", "the EN", ""},
};

// Cuts the text at every subset of its positions (or at random ones).
TEST(StopMatcherTest, AnySplitGivesTheSame) {
  std::mt19937 random(1);
  for (const StopCase& c : kStopCases) {
    SCOPED_TRACE(c.name);
    for (int round = 0; round < 300; ++round) {
      const bool include = round % 2 == 1;
      StopMatcher matcher(c.stops, include);
      std::string out;
      for (size_t at = 0; at < c.text.size();) {
        const size_t size = round < 2 ? c.text.size() : 1 + random() % 3;
        out += matcher.Push(c.text.substr(at, size));
        at += size;
      }
      out += matcher.Flush();
      EXPECT_EQ(matcher.match().value_or(""), c.match);
      EXPECT_EQ(out, include ? c.want + c.match : c.want);
    }
  }
}

TEST(StopMatcherTest, HoldsBackOnlyWhatMayMatch) {
  StopMatcher matcher({"stop"}, false);
  EXPECT_EQ(matcher.Push("a st"), "a ");
  EXPECT_EQ(matcher.Push("ay"), "stay");
  EXPECT_EQ(matcher.Push(" sto"), " ");
  EXPECT_EQ(matcher.Push("p it"), "");
  EXPECT_EQ(matcher.Push("more"), "");
  EXPECT_EQ(matcher.Flush(), "");
}

}  // namespace
}  // namespace mj
