#include "engine/model/gguf_fingerprint.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "engine/model/invalid.h"

namespace mj {
namespace {

constexpr size_t kSampleBytes = 64 << 10;

class Sha256 final {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {
    ok_ = context_ != nullptr &&
          EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
  }

  void Add(std::span<const std::byte> bytes) {
    ok_ = ok_ &&
          EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  }

  absl::StatusOr<std::string> Hex() {
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    ok_ = ok_ &&
          EVP_DigestFinal_ex(context_.get(),
                             reinterpret_cast<unsigned char*>(digest.data()),
                             &size) == 1;
    if (!ok_) return absl::InternalError("OpenSSL has no SHA-256");
    digest.resize(size);
    return absl::BytesToHexString(digest);
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
  bool ok_ = false;
};

void AddPart(const GgufFile& part, Sha256& hash) {
  const uint64_t size = part.size();
  hash.Add(std::as_bytes(std::span(&size, 1)));
  hash.Add(part.head());
  for (const GgufTensor& tensor : part.gguf().tensors()) {
    const auto bytes = part.View(tensor).bytes;
    hash.Add(bytes.first(std::min(kSampleBytes, bytes.size())));
    hash.Add(bytes.last(std::min(kSampleBytes, bytes.size())));
  }
}

}  // namespace

absl::StatusOr<std::string> Fingerprint(const std::vector<GgufFile>& parts) {
  Sha256 hash;
  for (const GgufFile& part : parts) AddPart(part, hash);
  return hash.Hex();
}

absl::StatusOr<std::string> FileChecksum(const std::string& path) {
  std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rb"),
                                             std::fclose);
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, Concat(path, ": cannot be opened"));
  }
  Sha256 hash;
  std::vector<std::byte> buffer(1 << 20);
  for (size_t got = 1; got > 0;) {
    got = std::fread(buffer.data(), 1, buffer.size(), file.get());
    hash.Add(std::span(buffer).first(got));
  }
  if (std::ferror(file.get())) {
    return absl::ErrnoToStatus(errno, Concat(path, ": cannot be read"));
  }
  return hash.Hex();
}

}  // namespace mj
