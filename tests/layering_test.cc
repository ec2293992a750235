// Who may include whom: every #include of the tree is held against the table
// below, and any other edge fails.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

struct Rule {
  std::string folder;  // the longest matching prefix rules
  Names own;           // prefixes of our own folders, beside itself
  Names libraries;     // names from kLibraries
};

// Which library a header in angle brackets or quotes belongs to, by prefix;
// what matches nothing is the C++ standard library or the C library's.
const std::vector<std::pair<std::string, std::string>> kLibraries = {
    {"absl/", "abseil"},
    {"toml++/", "toml++"},
    {"dnnl", "onednn"},
    {"oneapi/", "onednn"},
    {"sqlite3", "sqlite"},
    {"Eigen/", "eigen"},
    {"pcre2", "pcre2"},
    {"utf8proc", "utf8proc"},
    {"openssl/", "libcrypto"},
    {"nlohmann/", "nlohmann-json"},
    {"boost/", "boost"},
    {"grpc", "grpc"},
    {"google/protobuf/", "protobuf"},
    {"prometheus/", "prometheus-cpp"},
    {"CLI/", "cli11"},
    {"spdlog/", "spdlog"},
    {"benchmark/", "google-benchmark"},
    {"gtest/", "gtest"},
    {"gmock/", "gtest"},
    {"simde/", "simde"},
};

const Names kEngineLibraries = {"abseil",   "sqlite",    "eigen", "pcre2",
                                "utf8proc", "libcrypto", "toml++"};

Names With(Names names, const std::string& more) {
  names.insert(more);
  return names;
}

const Names kEveryLibrary = [] {
  Names all;
  for (const auto& [prefix, name] : kLibraries) all.insert(name);
  return all;
}();

const std::vector<Rule> kRules = {
    {"kernels", {}, {}},
    {"hw_backends", {"kernels"}, {"abseil", "toml++"}},
    {"hw_backends/onednn",
     {"hw_backends", "kernels"},
     {"abseil", "toml++", "onednn"}},
    {"engine", {"engine", "hw_backends", "kernels"}, kEngineLibraries},
    {"engine/kv", {}, kEngineLibraries},
    {"engine/text", {}, With(kEngineLibraries, "nlohmann-json")},
    // Headers of engine/text name the template's JSON in their contract.
    {"engine/model",
     {"engine", "hw_backends", "kernels"},
     With(kEngineLibraries, "nlohmann-json")},
    {"server", {"engine", "hw_backends", "kernels", "proto"}, kEveryLibrary},
    {"bench",
     {"engine", "hw_backends", "kernels"},
     {"abseil", "cli11", "nlohmann-json", "google-benchmark"}},
    {"bench/load",
     {"bench", "engine", "hw_backends", "kernels", "proto"},
     {"abseil", "cli11", "nlohmann-json", "google-benchmark", "boost", "grpc",
      "protobuf"}},
};

const std::vector<std::string> kOwnFolders = {
    "kernels", "hw_backends", "engine", "server", "bench", "proto", "tests"};

bool IsUnder(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

const Rule* RuleFor(const std::string& path) {
  const Rule* best = nullptr;
  for (const Rule& rule : kRules) {
    if (IsUnder(path, rule.folder) &&
        (best == nullptr || rule.folder.size() > best->folder.size())) {
      best = &rule;
    }
  }
  return best;
}

bool IsOwn(const std::string& header) {
  for (const std::string& folder : kOwnFolders) {
    if (IsUnder(header, folder)) return true;
  }
  return false;
}

std::string LibraryOf(const std::string& header) {
  for (const auto& [prefix, name] : kLibraries) {
    if (header.starts_with(prefix)) return name;
  }
  return "";
}

bool AllowedOwn(const Rule& rule, const std::string& header) {
  if (IsUnder(header, rule.folder)) return true;
  for (const std::string& folder : rule.own) {
    if (IsUnder(header, folder)) return true;
  }
  return false;
}

// Inside engine/: engine.h and its kin are included by none of its folders.
bool IsTopOfEngine(const std::string& header) {
  return fs::path(header).parent_path() == "engine";
}

struct Include {
  std::string file, header;
};

std::vector<Include> IncludesUnder(const std::string& top) {
  static const std::regex kPattern(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  const fs::path root = MJ_SOURCE_DIR;
  std::vector<Include> found;
  if (!fs::exists(root / top)) return found;
  for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
    const std::string extension = entry.path().extension();
    if (extension != ".h" && extension != ".cc" && extension != ".inc") {
      continue;
    }
    std::ifstream in(entry.path());
    std::string line;
    std::smatch match;
    while (std::getline(in, line)) {
      if (!std::regex_search(line, match, kPattern)) continue;
      found.push_back({fs::relative(entry.path(), root), match[1]});
    }
  }
  return found;
}

class LayeringTest : public testing::TestWithParam<std::string> {};

TEST_P(LayeringTest, EveryIncludeIsAnAllowedEdge) {
  const std::vector<Include> includes = IncludesUnder(GetParam());
  ASSERT_FALSE(includes.empty());
  for (const Include& include : includes) {
    const Rule* rule = RuleFor(include.file);
    ASSERT_NE(rule, nullptr) << include.file;
    if (IsOwn(include.header)) {
      EXPECT_TRUE(AllowedOwn(*rule, include.header))
          << include.file << " may not include " << include.header;
      const bool inside_folder =
          fs::path(include.file).parent_path() != "engine";
      if (GetParam() == "engine" && inside_folder) {
        EXPECT_FALSE(IsTopOfEngine(include.header))
            << include.file << " includes the engine's top: " << include.header;
      }
    } else if (std::string library = LibraryOf(include.header);
               !library.empty()) {
      EXPECT_TRUE(rule->libraries.contains(library))
          << include.file << " may not include " << include.header << " of "
          << library;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tree, LayeringTest,
                         testing::Values("kernels", "hw_backends", "engine",
                                         "server", "bench"),
                         [](const auto& info) { return info.param; });

TEST(LayeringTest, NetworkSocketsOnlyInServerAndLoad) {
  const std::regex socket(
      R"(^(sys/socket\.h|netinet/.*|arpa/inet\.h|netdb\.h)$)");
  for (const char* top : {"kernels", "hw_backends", "engine", "bench"}) {
    for (const Include& include : IncludesUnder(top)) {
      if (include.file.starts_with("bench/load")) continue;
      // Sockets of this host alone, to its privileged helper.
      if (include.file == "hw_backends/host/packet_socket.cc") continue;
      EXPECT_FALSE(std::regex_match(include.header, socket))
          << include.file << " includes " << include.header;
    }
  }
}

// What an instruction-set file compiles inline, the linker may keep for
// everyone; so these files use no library but the intrinsics and plain types.
TEST(LayeringTest, InstructionSetFilesUseNoInlineLibraryCode) {
  const Names allowed = {"immintrin.h", "cstddef", "cstdint", "stddef.h",
                         "stdint.h"};
  for (const char* folder : {"kernels/avx2", "kernels/avx512", "kernels/amx"}) {
    for (const Include& include : IncludesUnder(folder)) {
      if (IsOwn(include.header)) continue;
      EXPECT_TRUE(allowed.contains(include.header))
          << include.file << " includes " << include.header;
    }
  }
}

}  // namespace
