// Replies of POST /v1/embeddings; never streamed.
#ifndef MILLIJOULE_SERVER_OPENAI_EMBEDDING_FORMAT_H_
#define MILLIJOULE_SERVER_OPENAI_EMBEDDING_FORMAT_H_

#include <string>
#include <vector>

#include "server/openai/reply_format.h"

namespace mj {

class EmbeddingFormat final : public ReplyFormat {
 public:
  // `base64`: of little-endian float32 numbers, instead of a list.
  EmbeddingFormat(std::string model, int num_inputs, bool base64);

  void Stream(int, const Delta&, std::string&) override {}
  void StreamUsage(const Usage&, std::string&) override {}
  void Collect(int prompt, const Delta& delta) override;
  Json Whole(const Usage& usage) override;

 private:
  Json VectorJson(const std::vector<float>& embedding) const;

  const std::string model_;
  const bool base64_;
  std::vector<std::vector<float>> embeddings_;  // an input each
};

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_EMBEDDING_FORMAT_H_
