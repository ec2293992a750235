#include "engine/model/sha256.h"

#include <openssl/evp.h>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"

namespace mj {

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  ok_ = context_ != nullptr &&
        EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
}

void Sha256::Add(std::span<const std::byte> bytes) {
  ok_ =
      ok_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
}

absl::StatusOr<std::string> Sha256::Digest() {
  std::string digest(kBytes, '\0');
  ok_ =
      ok_ && EVP_DigestFinal_ex(context_.get(),
                                reinterpret_cast<unsigned char*>(digest.data()),
                                nullptr) == 1;
  if (!ok_) return absl::InternalError("OpenSSL has no SHA-256");
  return digest;
}

absl::StatusOr<std::string> Sha256::Hex() {
  absl::StatusOr<std::string> digest = Digest();
  if (!digest.ok()) return digest.status();
  return absl::BytesToHexString(*digest);
}

}  // namespace mj
