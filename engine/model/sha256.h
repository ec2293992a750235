// SHA-256 (FIPS 180-4) of bytes that come in parts.
#ifndef MILLIJOULE_ENGINE_MODEL_SHA256_H_
#define MILLIJOULE_ENGINE_MODEL_SHA256_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"

struct evp_md_ctx_st;  // OpenSSL's

namespace mj {

// One digest: Add() any number of times, then one of the others, once.
class Sha256 final {
 public:
  static constexpr size_t kBytes = 32;

  Sha256();
  void Add(std::span<const std::byte> bytes);
  // INTERNAL: the library has no SHA-256.
  absl::StatusOr<std::string> Digest();  // kBytes bytes
  absl::StatusOr<std::string> Hex();     // as sha256sum prints it

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
  bool ok_ = false;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_MODEL_SHA256_H_
