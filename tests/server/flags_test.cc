#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "engine/engine_flags.h"
#include "engine/flag.h"
#include "server/command_line.h"
#include "server/config_file.h"
#include "server/serve_flags.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

struct SizeCase {
  const char* text;
  int64_t bytes;  // -1: refused
};

TEST(ParseSizeTest, TakesUnits) {
  const SizeCase kCases[] = {
      {"0", 0},
      {"65536", 65536},
      {"512K", 512 << 10},
      {"512k", 512 << 10},
      {"16M", 16 << 20},
      {"1.5G", int64_t{3} << 29},
      {"4000G", int64_t{4000} << 30},
      {"", -1},
      {"M", -1},
      {"lots", -1},
      {"-1M", -1},
      {"1e3", -1},
      {"1 M", -1},
      {"1T", -1},
      {"9999999999999G", -1},
      {"1.2.3M", -1},
  };
  for (const SizeCase& c : kCases) {
    const absl::StatusOr<int64_t> size = ParseSize(c.text);
    EXPECT_EQ(size.ok() ? *size : -1, c.bytes) << c.text;
  }
}

TEST(ParseSizeTest, FormatReadsBack) {
  for (int64_t bytes : {int64_t{1}, int64_t{1} << 10, int64_t{3} << 20,
                        int64_t{1} << 30, int64_t{12345}}) {
    EXPECT_EQ(*ParseSize(FormatSize(bytes)), bytes);
  }
}

struct TimeCase {
  const char* text;
  double seconds;  // -1: refused
};

TEST(ParseTimeTest, TakesUnits) {
  const TimeCase kCases[] = {{"0", 0},
                             {"90", 90},
                             {"90s", 90},
                             {"15m", 900},
                             {"1.5h", 5400},
                             {"1d", 86400},
                             {"1y", 365 * 86400.0},
                             {"", -1},
                             {"d", -1},
                             {"-1d", -1},
                             {"1w", -1},
                             {"nan", -1},
                             {"inf", -1},
                             {"1e400y", -1},
                             {"1 day", -1}};
  for (const TimeCase& c : kCases) {
    const absl::StatusOr<double> time = ParseTime(c.text);
    EXPECT_EQ(time.ok() ? *time : -1, c.seconds) << c.text;
  }
}

const Flag& Find(const std::vector<Flag>& flags, const std::string& name) {
  for (const Flag& flag : flags) {
    if (flag.name == name) return flag;
  }
  ADD_FAILURE() << "no flag " << name;
  return flags.front();
}

struct BadValue {
  const char* flag;
  const char* value;
  const char* error;
};

TEST(ServeFlagsTest, BadValuesSayWhatIsNeeded) {
  ServeFlags flags;
  const std::vector<Flag> table = ServeFlagTable(flags);
  const BadValue kCases[] = {
      {"threads", "two", "'two' is no number of threads"},
      {"threads", "99999999999", "is no number of threads"},
      {"isa", "sse9", "'sse9' is none of scalar, avx2, avx512, amx"},
      {"numerics", "f12", "'f12' is none of f32, bf16, int8"},
      {"kv-dtype", "int4", "'int4' is none of f32, bf16, f16, int8"},
      {"backend", "cuda", "not built into this binary"},
      {"backend", "tpu", "none of cpu, onednn"},
      {"kv-memory", "lots", "not a size"},
      {"kv-memory", "0", "the least"},
      {"max-num-seqs", "0", "from 1 to"},
      {"max-queue", "1.5", "from 1 to"},
      {"drain-delay", "-1", "seconds"},
      {"drain-timeout", "-1", "seconds"},
      {"max-body", "x", "not a size"},
      {"slo-ttft-ms", "0", "must be above 0"},
      {"slo-ttft-ms", "soon", "must be above 0"},
      {"slo-tpot-ms", "-5", "must be above 0"},
      {"slo-tpot-ms", "nan", "must be above 0"},
      {"power-cap-watts", "0", "must be above 0"},
      {"power-cap-watts", "inf", "must be above 0"},
      {"governor", "ondemand", "known: fmax, fixed, gated-static"},
      {"governor", "", "known: fmax"},
      {"frequency-mhz", "0", "must be above 0"},
  };
  for (const BadValue& c : kCases) {
    const absl::Status status = Find(table, c.flag).set(c.value);
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.error)) << c.flag;
  }
}

// What `main` does with these words.
int RunServe(const std::vector<Flag>& table, std::vector<std::string> words) {
  std::vector<char*> argv = {const_cast<char*>("millijoule")};
  for (std::string& word : words) argv.push_back(word.data());
  const Command serve{.name = "serve",
                      .help = "",
                      .flags = table,
                      .takes_config = true,
                      .run = [] { return 0; }};
  return RunCommandLine("millijoule", "", "1", {serve},
                        static_cast<int>(argv.size()), argv.data());
}

TEST(CommandLineTest, TakesEachKindOfFlag) {
  std::string text;
  bool on = false;
  std::vector<std::string> list;
  const std::vector<Flag> table = {Required(TextFlag("text", "T", "", text)),
                                   SwitchFlag("on", "", on),
                                   TextListFlag("list", "T", "", list)};
  EXPECT_EQ(RunServe(table, {"serve", "--list", "[a,b]", "--text", "[c]",
                             "--on", "--list", ""}),
            0);
  EXPECT_EQ(text, "[c]");
  EXPECT_TRUE(on);
  EXPECT_THAT(list, testing::ElementsAre("[a,b]", ""));
}

TEST(CommandLineTest, ACommandOfACommand) {
  std::string ran, text;
  const auto command = [&](const std::string& name) {
    return Command{.name = name,
                   .help = "",
                   .flags = {TextFlag("text", "T", "", text)},
                   .run = [&ran, name] {
                     ran = name;
                     return 0;
                   }};
  };
  const std::vector<Command> commands = {
      command("serve"), command("energy report"), command("energy prune")};
  const auto run = [&](std::vector<std::string> words) {
    ran.clear();
    std::vector<char*> argv = {const_cast<char*>("millijoule")};
    for (std::string& word : words) argv.push_back(word.data());
    return RunCommandLine("millijoule", "", "1", commands,
                          static_cast<int>(argv.size()), argv.data());
  };
  EXPECT_EQ(run({"energy", "report", "--text", "a"}), 0);
  EXPECT_EQ(ran, "energy report");
  EXPECT_EQ(text, "a");
  EXPECT_EQ(run({"energy", "prune"}), 0);
  EXPECT_EQ(ran, "energy prune");
  EXPECT_EQ(run({"serve"}), 0);
  EXPECT_EQ(ran, "serve");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"energy"}, {"energy", "frob"}, {"report"}}) {
    EXPECT_NE(run(words), 0);
    EXPECT_EQ(ran, "");
  }
}

TEST(CommandLineTest, WrongLinesAreNotRun) {
  std::string text;
  const std::vector<Flag> table = {Required(TextFlag("text", "T", "", text))};
  EXPECT_NE(RunServe(table, {}), 0);
  EXPECT_NE(RunServe(table, {"frob"}), 0);
  EXPECT_NE(RunServe(table, {"serve"}), 0);
  EXPECT_NE(RunServe(table, {"serve", "--text", "a", "--nonsense"}), 0);
}

class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text)
      : path_(folder_.Write("flags.toml", text)) {}
  const std::string& path() const { return path_; }

 private:
  const TempFolder folder_;
  const std::string path_;
};

TEST(ConfigTest, SetsFlagsAndTheCommandLineWins) {
  const ConfigFile file(
      "threads = 2\nkv-memory = \"64M\"\nmax-queue = 7\ndrain-timeout = 1.5\n"
      "slo-ttft-ms = 800\npower-cap-watts = 12.5\n");
  ServeFlags flags;
  const std::vector<Flag> table = ServeFlagTable(flags);
  const std::vector<std::string> words = {"serve", "--max-queue", "9",
                                          "--config", file.path()};
  EXPECT_EQ(RunServe(table, words), 0);
  EXPECT_EQ(flags.engine.threads, 2);
  EXPECT_EQ(flags.engine.engine.kv_memory_bytes, 64 << 20);
  EXPECT_EQ(flags.engine.engine.max_queue, 9);
  EXPECT_EQ(flags.drain_timeout, 1.5);
  EXPECT_EQ(flags.slo_ttft_ms, 800);
  EXPECT_FALSE(flags.slo_tpot_ms.has_value());
  EXPECT_EQ(flags.power_cap_watts, 12.5);
}

TEST(ConfigTest, ErrorsNameFileAndKey) {
  const struct {
    const char* text;
    const char* error;
  } kCases[] = {
      {"threads = ", "line 1"},
      {"no-such = 1", "no flag 'no-such'"},
      {"max-queue = 0", "max-queue: '0'"},
      {"threads = [1]", "threads: ''"},
  };
  for (const auto& c : kCases) {
    const ConfigFile file(c.text);
    ServeFlags flags;
    const absl::Status status = ApplyConfig(file.path(), ServeFlagTable(flags));
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.error));
    EXPECT_THAT(std::string(status.message()), HasSubstr(file.path()));
  }
  ServeFlags flags;
  EXPECT_FALSE(ApplyConfig("/no/such.toml", ServeFlagTable(flags)).ok());
}

}  // namespace
}  // namespace mj
