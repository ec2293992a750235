#include "server/openai/embedding_format.h"

#include <bit>
#include <utility>

#include "absl/strings/escaping.h"
#include "server/openai/usage_json.h"

namespace mj {

EmbeddingFormat::EmbeddingFormat(std::string model, int num_inputs, bool base64)
    : model_(std::move(model)), base64_(base64), embeddings_(num_inputs) {}

void EmbeddingFormat::Collect(int prompt, const Delta& delta) {
  if (!delta.embedding.empty()) embeddings_[prompt] = delta.embedding;
}

Json EmbeddingFormat::VectorJson(const std::vector<float>& embedding) const {
  if (!base64_) return embedding;
  static_assert(std::endian::native == std::endian::little);
  return absl::Base64Escape(
      absl::string_view(reinterpret_cast<const char*>(embedding.data()),
                        embedding.size() * sizeof(float)));
}

Json EmbeddingFormat::Whole(const Usage& usage) {
  Json data = Json::array();
  for (size_t i = 0; i < embeddings_.size(); ++i) {
    Json one = Json::object();
    one["object"] = "embedding";
    one["index"] = i;
    one["embedding"] = VectorJson(embeddings_[i]);
    data.push_back(std::move(one));
  }
  Json reply = Json::object();
  reply["object"] = "list";
  reply["data"] = std::move(data);
  reply["model"] = model_;
  reply["usage"] = UsageJson(usage);
  return reply;
}

}  // namespace mj
