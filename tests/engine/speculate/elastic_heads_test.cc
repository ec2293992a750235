#include "engine/speculate/elastic_heads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <vector>

#include "engine/model/sha256.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

namespace fs = std::filesystem;

constexpr int kHidden = 4;

ExitHead MakeHead(char checksum = 'c') {
  ExitHead head{.map = {.inputs = kHidden,
                        .outputs = kHidden,
                        .weights = std::vector<float>(kHidden * kHidden, 0.5f),
                        .bias = std::vector<float>(kHidden, 0.1f),
                        .input_power = std::vector<float>(kHidden, 1)}};
  head.checksum = std::string(64, checksum);
  return head;
}

ElasticHeads Open(const TempFolder& folder) {
  auto heads = ElasticHeads::Open(MakeHead(), folder.path());
  EXPECT_TRUE(heads.ok()) << heads.status();
  return *std::move(heads);
}

void Teach(ElasticHeads& heads, const std::string& tenant, float sign,
           int rows = 50) {
  for (int r = 0; r < rows; ++r) {
    std::vector<float> x(kHidden, 0.3f), y(kHidden, sign);
    x[r % kHidden] = 1;
    heads.Learn(tenant, x, y);
  }
}

std::vector<float> WhatMoved(ElasticHeads& heads, const std::string& tenant) {
  const ElasticMap* const map = heads.Find(tenant);
  return map == nullptr ? std::vector<float>{} : map->learned().moved;
}

std::vector<std::string> FilesOf(const TempFolder& folder) {
  std::vector<std::string> files;
  for (const auto& file : fs::directory_iterator(folder.path())) {
    files.push_back(file.path().string());
  }
  return files;
}

std::string Read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(ElasticHeadsTest, TenantsMoveOnlyTheirOwn) {
  const TempFolder folder;
  ElasticHeads heads = Open(folder);
  Teach(heads, "first", 1);
  const std::vector<float> first = WhatMoved(heads, "first");
  EXPECT_EQ(heads.Find("second"), nullptr);
  Teach(heads, "second", -1);
  EXPECT_EQ(WhatMoved(heads, "first"), first);
  EXPECT_NE(WhatMoved(heads, "second"), first);
  EXPECT_EQ(heads.updates(), 100);

  // Alone, a tenant learns the same.
  const TempFolder other;
  ElasticHeads alone = Open(other);
  Teach(alone, "second", -1);
  EXPECT_EQ(WhatMoved(alone, "second"), WhatMoved(heads, "second"));
}

TEST(ElasticHeadsTest, GoesOnWhereItStopped) {
  const TempFolder folder;
  std::vector<float> first, second;
  {
    ElasticHeads heads = Open(folder);
    Teach(heads, "first", 1);
    Teach(heads, "second/../name", -1);
    first = WhatMoved(heads, "first");
    second = WhatMoved(heads, "second/../name");
  }
  EXPECT_EQ(FilesOf(folder).size(), 2);
  ElasticHeads heads = Open(folder);
  EXPECT_EQ(WhatMoved(heads, "first"), first);
  EXPECT_EQ(WhatMoved(heads, "second/../name"), second);
  EXPECT_EQ(heads.Find("third"), nullptr);
  EXPECT_EQ(heads.updates(), 0);
}

TEST(ElasticHeadsTest, SavesNowAndThenAndSaysWhenItCannot) {
  auto folder = std::make_unique<TempFolder>();
  ElasticHeads heads = Open(*folder);
  Teach(heads, "first", 1, 4095);
  EXPECT_TRUE(FilesOf(*folder).empty());
  Teach(heads, "first", 1, 1);
  EXPECT_EQ(FilesOf(*folder).size(), 1);
  EXPECT_EQ(heads.failed_saves(), 0);
  folder.reset();
  Teach(heads, "first", 1, 4096);
  EXPECT_EQ(heads.failed_saves(), 1);
}

struct Damage {
  const char* name;
  std::function<void(std::string& bytes)> apply;
  const char* message;
};

std::string Sealed(std::string bytes) {
  bytes.resize(bytes.size() - Sha256::kBytes);
  Sha256 hash;
  hash.Add(std::as_bytes(std::span(bytes)));
  return bytes + *hash.Digest();
}

const Damage kDamages[] = {
    {"empty", [](auto& b) { b.clear(); }, "no learned exit head"},
    {"another file", [](auto& b) { b[0] = 'X'; }, "no learned exit head"},
    {"another build", [](auto& b) { b[8] = 9; },
     "format version 9, this one reads version 1"},
    {"cut off", [](auto& b) { b.pop_back(); }, "cut off"},
    {"one bit of a weight", [](auto& b) { b[200] ^= 1; }, "checksum"},
    {"another hidden size",
     [](auto& b) {
       b[12] = 5;
       b = Sealed(b);
     },
     "the hidden size is 5; the exit head's is 4"},
    {"a NaN",
     [](auto& b) {
       for (int i = 0; i < 4; ++i) b[152 + i] = '\xff';
       b = Sealed(b);
     },
     "out of range"},
};

TEST(ElasticHeadsTest, RefusesWhatItCannotReadByItsName) {
  const TempFolder folder;
  {
    ElasticHeads heads = Open(folder);
    Teach(heads, "first", 1);
  }
  const std::string path = FilesOf(folder).at(0);
  const std::string sound = Read(path);
  for (const Damage& damage : kDamages) {
    std::string bytes = sound;
    damage.apply(bytes);
    std::ofstream(path, std::ios::binary) << bytes;
    const absl::Status status =
        ElasticHeads::Open(MakeHead(), folder.path()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << damage.name;
    EXPECT_THAT(std::string(status.message()), testing::StartsWith(path));
    EXPECT_THAT(std::string(status.message()), HasSubstr(damage.message))
        << damage.name;
    EXPECT_EQ(Read(path), bytes) << damage.name;
  }
}

TEST(ElasticHeadsTest, RefusesWhatIsForAnotherHeadOrTenant) {
  const TempFolder folder;
  {
    ElasticHeads heads = Open(folder);
    Teach(heads, "first", 1);
  }
  absl::Status status =
      ElasticHeads::Open(MakeHead('d'), folder.path()).status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("of sha256 " + std::string(64, 'c')));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("is " + std::string(64, 'd')));
  const std::string path = FilesOf(folder).at(0);
  std::string other = path;
  other.replace(other.rfind('/') + 1, 3, "xyz");
  fs::rename(path, other);
  status = ElasticHeads::Open(MakeHead(), folder.path()).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("named as that of xyz"));
}

TEST(ElasticHeadsTest, NeedsAFolderAndLeavesOtherFilesAlone) {
  const TempFolder folder;
  folder.Write("notes.txt", "mine");
  folder.Write("x.elastic-map.part", "of a killed process");
  { ElasticHeads heads = Open(folder); }
  EXPECT_EQ(FilesOf(folder).size(), 2);
  const absl::Status status =
      ElasticHeads::Open(MakeHead(), folder.path() + "/no").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder.path() + "/no"));
}

}  // namespace
}  // namespace mj
