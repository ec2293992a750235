#include "engine/model/inspect.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "engine/model/gguf_fingerprint.h"
#include "engine/model/gguf_split.h"
#include "engine/model/invalid.h"
#include "engine/model/model_file.h"

namespace mj {
namespace {

constexpr size_t kMaxShownBytes = 60;
constexpr size_t kShownElements = 3;

std::string Shown(const std::string& text) {
  size_t size = std::min(text.size(), kMaxShownBytes);
  // Not within a UTF-8 character.
  while (size > 0 && size < text.size() && (text[size] & 0xc0) == 0x80) --size;
  const std::string cut = text.substr(0, size);
  return Concat(
      "\"", absl::Utf8SafeCEscape(cut), "\"",
      cut.size() < text.size() ? Concat("... (", text.size(), " bytes)") : "");
}

template <typename T>
std::string FirstOf(const std::vector<T>& values) {
  std::string text;
  for (size_t i = 0; i < std::min(values.size(), kShownElements); ++i) {
    if (i > 0) text += ", ";
    if constexpr (std::is_same_v<T, std::string>) {
      text += Shown(values[i]);
    } else {
      text += Concat(values[i]);
    }
  }
  return text;
}

std::string ShownArray(const GgufValue& value) {
  std::string first;
  if (auto texts = AsStrings(value); texts.ok()) {
    first = FirstOf(*texts);
  } else if (auto integers = AsIntegers(value); integers.ok()) {
    first = FirstOf(*integers);
  } else if (auto floats = AsFloats(value); floats.ok()) {
    first = FirstOf(*floats);
  }
  const bool more = value.count > kShownElements;
  return Concat("[", first, more ? ", ..." : "", "] (", value.count, ")");
}

std::string ShownValue(const GgufValue& value) {
  if (value.type == GgufType::kArray) return ShownArray(value);
  if (auto text = AsString(value); text.ok()) return Shown(*text);
  if (auto flag = AsBool(value); flag.ok()) return *flag ? "true" : "false";
  if (auto integer = AsInteger(value); integer.ok()) return Concat(*integer);
  if (auto number = AsFloat(value); number.ok()) return Concat(*number);
  return "?";  // not finite, or beyond 2^63
}

std::vector<TensorTypeFact> CountTypes(const std::vector<GgufFile>& parts) {
  std::map<TensorType, TensorTypeFact> types;
  for (const GgufFile& part : parts) {
    for (const GgufTensor& tensor : part.gguf().tensors()) {
      TensorTypeFact& fact = types[tensor.type];
      fact.type = InfoOf(tensor.type).name;
      ++fact.tensors;
      fact.elements += tensor.rows * tensor.cols;
      fact.bytes += static_cast<int64_t>(tensor.bytes);
    }
  }
  std::vector<TensorTypeFact> list;
  for (auto& [type, fact] : types) list.push_back(std::move(fact));
  return list;
}

void AddFile(const std::vector<GgufFile>& parts,
             std::vector<ModelFact>& facts) {
  int64_t bytes = 0;
  int64_t tensors = 0;
  int64_t parameters = 0;
  for (const GgufFile& part : parts) {
    bytes += static_cast<int64_t>(part.size());
    tensors += static_cast<int64_t>(part.gguf().tensors().size());
    for (const GgufTensor& tensor : part.gguf().tensors()) {
      parameters += tensor.rows * tensor.cols;
    }
  }
  facts.push_back({"gguf_version", int64_t{parts[0].gguf().version()}});
  facts.push_back({"files", static_cast<int64_t>(parts.size())});
  facts.push_back({"bytes", bytes});
  facts.push_back({"tensors", tensors});
  facts.push_back({"parameters", parameters});
}

// Present where the file says so in the right type.
void AddText(const Gguf& file, const char* key, const char* shown,
             std::vector<ModelFact>& facts) {
  const auto text = file.FindString(key);
  if (text.ok() && text->has_value()) facts.push_back({shown, **text});
}

void AddTokens(const Gguf& file, std::vector<ModelFact>& facts) {
  AddText(file, "tokenizer.ggml.model", "tokenizer", facts);
  AddText(file, "tokenizer.ggml.pre", "pre_tokenizer", facts);
  const GgufValue* tokens = file.FindValue("tokenizer.ggml.tokens");
  if (tokens != nullptr) {
    facts.push_back({"vocabulary", static_cast<int64_t>(tokens->count)});
  }
  facts.push_back({"chat_template", file.Has("tokenizer.chat_template")});
}

void AddConfig(const ModelConfig& config, std::vector<ModelFact>& facts) {
  const auto windows =
      std::count_if(config.windows.begin(), config.windows.end(),
                    [](int window) { return window > 0; });
  const std::pair<const char*, int64_t> sizes[] = {
      {"context_length", config.context_length},
      {"layers", config.num_layers},
      {"hidden", config.hidden},
      {"heads", config.num_heads},
      {"kv_heads", config.num_kv_heads},
      {"head_dim", config.head_dim},
      {"intermediate", config.intermediate},
      {"layers_with_window", windows},
      {"window",
       *std::max_element(config.windows.begin(), config.windows.end())},
  };
  for (const auto& [key, value] : sizes) facts.push_back({key, value});
  facts.push_back({"rope_base", double{config.rope.base}});
  facts.push_back({"tied_embeddings", config.tied_embeddings});
}

std::string ShownFact(const ModelFact& fact) {
  if (auto* text = std::get_if<std::string>(&fact.value)) return *text;
  if (auto* integer = std::get_if<int64_t>(&fact.value)) {
    return Concat(*integer);
  }
  if (auto* number = std::get_if<double>(&fact.value)) return Concat(*number);
  return std::get<bool>(fact.value) ? "true" : "false";
}

}  // namespace

absl::StatusOr<ModelFacts> InspectModel(const std::string& path) {
  auto parts = OpenGguf(path);
  if (!parts.ok()) return parts.status();
  auto fingerprint = Fingerprint(*parts);
  if (!fingerprint.ok()) return fingerprint.status();
  const Gguf& file = parts->front().gguf();
  ModelFacts facts;
  facts.facts.push_back({"path", path});
  AddText(file, "general.name", "name", facts.facts);
  AddText(file, "general.architecture", "architecture", facts.facts);
  AddText(file, "general.license", "license", facts.facts);
  AddFile(*parts, facts.facts);
  const auto model = ModelFile::Open(path);
  facts.facts.push_back({"runs", model.ok()});
  if (model.ok()) {
    AddConfig(model->config(), facts.facts);
  } else {
    facts.facts.push_back({"problem", std::string(model.status().message())});
  }
  AddTokens(file, facts.facts);
  facts.facts.push_back({"fingerprint", *fingerprint});
  facts.tensor_types = CountTypes(*parts);
  for (const GgufEntry& entry : file.metadata()) {
    facts.metadata.push_back({std::string(entry.key), entry.value.TypeName(),
                              ShownValue(entry.value)});
  }
  return facts;
}

std::string FormatFacts(const ModelFacts& facts) {
  std::string text;
  for (const ModelFact& fact : facts.facts) {
    absl::StrAppendFormat(&text, "%-20s %s\n", fact.key, ShownFact(fact));
  }
  absl::StrAppendFormat(&text, "\n%-8s %8s %14s %14s\n", "type", "tensors",
                        "elements", "bytes");
  for (const TensorTypeFact& fact : facts.tensor_types) {
    absl::StrAppendFormat(&text, "%-8s %8d %14d %14d\n", fact.type,
                          fact.tensors, fact.elements, fact.bytes);
  }
  text += "\nmetadata\n";
  for (const MetadataFact& fact : facts.metadata) {
    absl::StrAppendFormat(&text, "%-44s %-17s %s\n", fact.key, fact.type,
                          fact.value);
  }
  return text;
}

}  // namespace mj
