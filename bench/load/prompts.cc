#include "bench/load/prompts.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/sample/random.h"
#include "nlohmann/json.hpp"

namespace mj {
namespace {

constexpr std::array<std::string_view, 128> kWords = {
    "time",   "people",       "way",     "water",   "day",      "man",
    "thing",  "world",        "life",    "hand",    "part",     "place",
    "case",   "week",         "company", "system",  "program",  "question",
    "work",   "number",       "night",   "point",   "home",     "room",
    "mother", "area",         "money",   "story",   "fact",     "month",
    "lot",    "right",        "study",   "book",    "eye",      "job",
    "word",   "business",     "issue",   "side",    "kind",     "head",
    "house",  "service",      "friend",  "father",  "power",    "hour",
    "game",   "line",         "end",     "member",  "law",      "car",
    "city",   "name",         "team",    "minute",  "idea",     "body",
    "back",   "parent",       "face",    "level",   "office",   "door",
    "health", "person",       "art",     "war",     "history",  "party",
    "result", "change",       "morning", "reason",  "research", "girl",
    "guy",    "moment",       "air",     "teacher", "force",    "education",
    "foot",   "boy",          "age",     "policy",  "music",    "market",
    "sense",  "nation",       "plan",    "college", "interest", "death",
    "course", "experience",   "effect",  "use",     "class",    "control",
    "field",  "development",  "role",    "effort",  "rate",     "heart",
    "drug",   "show",         "leader",  "light",   "voice",    "wife",
    "police", "mind",         "price",   "report",  "decision", "son",
    "view",   "relationship", "town",    "road",    "arm",      "difference",
    "value",  "building"};

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

class LineReader {
 public:
  LineReader(std::string_view name, int number)
      : name_(name), number_(number) {}

  // REQUIRES: not all of it is blank
  absl::StatusOr<Prompt> Read(std::string_view line) const {
    const char first = line[line.find_first_not_of(kBlanks)];
    if (first != '{' && first != '"') return Prompt{.text = std::string(line)};
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_discarded()) return Wrong("begins like JSON and is none");
    if (json.is_string()) return Prompt{.text = json.get<std::string>()};
    if (json.contains("messages") && json["messages"].is_array()) {
      return Prompt{.messages_json = json["messages"].dump()};
    }
    if (json.contains("prompt") && json["prompt"].is_string()) {
      return Prompt{.text = json["prompt"].get<std::string>()};
    }
    return Wrong("has neither \"prompt\", a text, nor \"messages\", a list");
  }

 private:
  absl::Status Wrong(const char* what) const {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(name_), ":", number_, ": ", what));
  }

  std::string_view name_;
  int number_;
};

}  // namespace

std::string MadeUpPrompt(uint64_t seed, int index, int tokens) {
  std::string text;
  std::array<uint32_t, 4> bits{};
  for (int i = 0; i < tokens; ++i) {
    if (i % 4 == 0) {
      bits = Philox(
          {static_cast<uint32_t>(i / 4), static_cast<uint32_t>(index),
           /*apart from the plan's draws*/ 1, 0},
          {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
    }
    if (i > 0) text += ' ';
    text += kWords[bits[i % 4] % kWords.size()];
  }
  return text;
}

absl::StatusOr<std::vector<Prompt>> ParsePrompts(std::string_view name,
                                                 std::string_view text) {
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  std::vector<Prompt> prompts;
  int number = 0;
  for (absl::string_view line :
       absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) {
    ++number;
    std::string_view rest(line.data(), line.size());
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    if (rest.find_first_not_of(kBlanks) == std::string_view::npos) continue;
    absl::StatusOr<Prompt> prompt = LineReader(name, number).Read(rest);
    if (!prompt.ok()) return prompt.status();
    prompts.push_back(*std::move(prompt));
  }
  if (!prompts.empty()) return prompts;
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(name), " has no prompt; a line each is needed"));
}

absl::StatusOr<std::vector<Prompt>> ReadPrompts(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code unknown;
  if (!file || std::filesystem::is_directory(path, unknown)) {
    return absl::NotFoundError(
        absl::StrCat("--prompts ", path, " cannot be read as a file"));
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return ParsePrompts(path, text);
}

}  // namespace mj
