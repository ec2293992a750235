#include "engine/speculate/elastic_heads.h"

#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <utility>

#include "engine/model/invalid.h"
#include "engine/speculate/sealed_file.h"

namespace mj {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWhat = "learned exit head";
constexpr const char* kExtension = ".elastic-map";
constexpr std::string_view kMagic = "MJELASTC";
constexpr uint32_t kVersion = 1;
constexpr size_t kHexBytes = 64;
constexpr size_t kHeadBytes = 8 + 2 * 4 + 8 + 2 * kHexBytes;
// Of a tenant, between writes: some ten milliseconds in a minute of steps.
constexpr int64_t kSaveAfter = 4096;

size_t FileBytes(size_t hidden) {
  return kHeadBytes + sizeof(float) * (hidden * hidden + hidden) + kSealBytes;
}

struct Owner {
  std::string exit_head, tenant;  // SHA-256 of the head's file, of the name
};

absl::StatusOr<std::string> Format(const Owner& owner,
                                   const LearnedMap& learned) {
  std::string out(kMagic);
  out.reserve(FileBytes(learned.bias.size()));
  Append(kVersion, out);
  Append(static_cast<uint32_t>(learned.bias.size()), out);
  Append(learned.updates, out);
  AppendText(owner.exit_head, kHexBytes, out);
  AppendText(owner.tenant, kHexBytes, out);
  AppendAll(learned.moved, out);
  AppendAll(learned.bias, out);
  return Seal(std::move(out));
}

absl::StatusOr<LearnedMap> Parse(const std::string& text, const Owner& wanted,
                                 size_t hidden) {
  const auto bytes = std::as_bytes(std::span(text));
  absl::Status sound = CheckVersion(kWhat, bytes, kMagic, kVersion);
  if (sound.ok()) sound = CheckSeal(kWhat, bytes, FileBytes(hidden));
  if (!sound.ok()) return sound;
  Cursor cursor(bytes.subspan(kMagic.size() + sizeof(kVersion)));
  if (const auto size = cursor.Take<uint32_t>(); size != hidden) {
    return Invalid(kWhat, ": the hidden size is ", size,
                   "; the exit head's is ", hidden);
  }
  LearnedMap learned{.updates = cursor.Take<int64_t>()};
  const Owner owner{cursor.TakeText(kHexBytes), cursor.TakeText(kHexBytes)};
  if (owner.exit_head != wanted.exit_head) {
    return Invalid(kWhat, ": it goes with the exit head of sha256 ",
                   owner.exit_head, ", this one's is ", wanted.exit_head);
  }
  if (owner.tenant != wanted.tenant) {
    return Invalid(kWhat, ": it is the tenant's of sha256 ", owner.tenant,
                   ", and named as that of ", wanted.tenant);
  }
  learned.moved = cursor.TakeAll<float>(hidden * hidden);
  learned.bias = cursor.TakeAll<float>(hidden);
  if (learned.updates < 1 || !IsFinite(learned.moved) ||
      !IsFinite(learned.bias)) {
    return Invalid(kWhat, ": a number is out of range");
  }
  return learned;
}

absl::Status CheckFolder(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(
        Concat("--exit-head-learning: '", folder, "' is no folder"));
  }
  if (access(folder.c_str(), R_OK | W_OK | X_OK) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno,
                             Concat("--exit-head-learning: '", folder, "'"));
}

}  // namespace

ElasticHeads::ElasticHeads(const ExitHead& head, std::string folder)
    : trained_(std::make_shared<const LinearMap>(head.map)),
      head_checksum_(head.checksum),
      folder_(std::move(folder)) {}

absl::StatusOr<ElasticHeads> ElasticHeads::Open(const ExitHead& head,
                                                std::string folder) {
  assert(IsSha256(head.checksum));
  if (absl::Status found = CheckFolder(folder); !found.ok()) return found;
  ElasticHeads heads(head, std::move(folder));
  std::error_code error;
  for (fs::directory_iterator file(heads.folder_, error), end;
       !error && file != end; file.increment(error)) {
    if (file->path().extension() != kExtension) continue;
    absl::Status loaded = heads.Load(file->path().string());
    if (!loaded.ok()) return loaded;
  }
  if (error) {
    return absl::ErrnoToStatus(error.value(),
                               Concat(heads.folder_, ": cannot be read"));
  }
  return heads;
}

absl::Status ElasticHeads::Load(const std::string& path) {
  const std::string name_hash = fs::path(path).stem().string();
  const size_t hidden = trained_->inputs;
  const absl::StatusOr<std::string> bytes =
      ReadSealedFile(path, FileBytes(hidden));
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<LearnedMap> learned =
      Parse(*bytes, {head_checksum_, name_hash}, hidden);
  if (!learned.ok()) {
    return absl::Status(learned.status().code(),
                        Concat(path, ": ", learned.status().message()));
  }
  tenants_.emplace(name_hash,
                   Tenant{name_hash, {trained_, {}, *std::move(learned)}});
  return absl::OkStatus();
}

ElasticHeads::~ElasticHeads() { Save(); }

ElasticHeads::Tenant* ElasticHeads::TenantOf(const std::string& name) {
  const auto known = by_name_.find(name);
  if (known != by_name_.end()) return known->second;
  const absl::StatusOr<std::string> hash = ChecksumOf(name);
  if (!hash.ok()) return nullptr;
  const auto [tenant, is_new] =
      tenants_.try_emplace(*hash, Tenant{*hash, {trained_, {}}});
  return by_name_[name] = &tenant->second;
}

const ElasticMap* ElasticHeads::Find(const std::string& tenant) {
  const Tenant* const found = TenantOf(tenant);
  if (found == nullptr || found->map.learned().updates == 0) return nullptr;
  return &found->map;
}

void ElasticHeads::Learn(const std::string& tenant, std::span<const float> x,
                         std::span<const float> y) {
  Tenant* const learning = TenantOf(tenant);
  if (learning == nullptr || !learning->map.Update(x, y)) return;
  ++updates_;
  if (++learning->unsaved % kSaveAfter == 0) Save(*learning);
}

void ElasticHeads::Save() {
  for (auto& [hash, tenant] : tenants_) {
    if (tenant.unsaved > 0) Save(tenant);
  }
}

void ElasticHeads::Save(Tenant& tenant) {
  const absl::StatusOr<std::string> bytes =
      Format({head_checksum_, tenant.name_hash}, tenant.map.learned());
  const std::string path =
      (fs::path(folder_) / (tenant.name_hash + kExtension)).string();
  if (bytes.ok() && ReplaceFile(path, *bytes).ok()) {
    tenant.unsaved = 0;
  } else {
    ++failed_saves_;
  }
}

}  // namespace mj
