// An exit head that learns from live traffic: a map for each tenant
// (elastic_map.h), so that no tenant's text moves another's drafts, kept in a
// folder. It decides which drafts are made, never what a reply says.
//
// A tenant's file is named by the SHA-256 of its name, in hex, and
// ".elastic-map". Little endian, version 1:
//
//   "MJELASTC"  u32 version  u32 hidden  i64 updates
//   64 bytes SHA-256 of the exit head's file  64 bytes of the tenant's name
//   f32 D[hidden, hidden]  f32 bias[hidden]
//   32 bytes SHA-256 of all that
//
// A file is replaced at once or not at all, after some thousand updates and in
// the end: a killed process forgets the last ones. Memory: a D for each tenant
// that has learned, of the hidden size squared in float32.
#ifndef MILLIJOULE_ENGINE_SPECULATE_ELASTIC_HEADS_H_
#define MILLIJOULE_ENGINE_SPECULATE_ELASTIC_HEADS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/speculate/elastic_map.h"
#include "engine/speculate/exit_head.h"

namespace mj {

// One thread at a time.
class ElasticHeads final {
 public:
  // Goes on from what the folder holds; other files than *.elastic-map are
  // nobody's. NOT_FOUND, PERMISSION_DENIED: the folder is none, or may not be
  // written. INVALID_ARGUMENT: a file that is damaged, another version's,
  // another tenant's by its name, or was learned with another exit head; all
  // name the path.
  static absl::StatusOr<ElasticHeads> Open(const ExitHead& head,
                                           std::string folder);
  ElasticHeads(ElasticHeads&&) = default;
  ~ElasticHeads();  // as Save()

  // Null: nothing was learned for this tenant. Until the next Learn().
  const ElasticMap* Find(const std::string& tenant);
  // x: [hidden], the residual as ExitHead's map wants it; y: [hidden], what the
  // language model's head multiplied.
  void Learn(const std::string& tenant, std::span<const float> x,
             std::span<const float> y);
  // Writes what is not written yet; a failure is counted, and tried again.
  void Save();

  int64_t updates() const { return updates_; }  // of this process
  int64_t failed_saves() const { return failed_saves_; }

 private:
  struct Tenant {
    std::string name_hash;
    ElasticMap map;
    int64_t unsaved = 0;  // updates
  };
  ElasticHeads(const ExitHead& head, std::string folder);
  absl::Status Load(const std::string& path);
  void Save(Tenant& tenant);
  Tenant* TenantOf(const std::string& name);

  std::shared_ptr<const LinearMap> trained_;
  std::string head_checksum_, folder_;
  std::map<std::string, Tenant> tenants_;  // by name's hash
  std::map<std::string, Tenant*> by_name_;
  int64_t updates_ = 0, failed_saves_ = 0;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SPECULATE_ELASTIC_HEADS_H_
