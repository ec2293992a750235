#include "hw_backends/models/serving_anchor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hw_backends/models/coefficient_fields.h"
#include "hw_backends/models/data_files.h"
#include "hw_backends/models/platform_cost_model.h"
#include "hw_backends/models/shape_file.h"

namespace mj {
namespace {

constexpr std::string_view kFolder = "anchors/";
constexpr int kPromptRows = 2048;  // of a step
constexpr int64_t kMostBatch = 1 << 20;

struct Workload {
  double output = 0, prompts_per_output = 0;
};

Price DecodePrice(const PlatformCostModel& model, int batch, int context) {
  StepShape step;
  step.sequences.assign(
      batch, {.num_tokens = 1, .context_tokens = context, .num_logits = 1});
  return model.PriceAt(model.DemandOf(step), model.full_clock());
}

// A prompt token's, amid steps that hold as many whole prompts as fit.
Joules PromptEnergy(const PlatformCostModel& model, int prompt) {
  const int prompts = std::max(1, kPromptRows / prompt);
  StepShape step;
  step.sequences.assign(prompts, {.num_tokens = prompt, .num_logits = 1});
  const Price price = model.PriceAt(model.DemandOf(step), model.full_clock());
  return price.energy / (double{1} * prompts * prompt);
}

void Predict(const PlatformCostModel& model, const Workload& workload,
             AnchorRow& row) {
  const int prompt = std::max(
      1, static_cast<int>(workload.prompts_per_output * workload.output));
  const int context = prompt + static_cast<int>(workload.output / 2);
  const Price decode = DecodePrice(model, row.batch, context);
  row.predicted_itl = decode.time;
  row.predicted_energy =
      decode.energy / row.batch +
      workload.prompts_per_output * PromptEnergy(model, prompt);
}

void ReadRows(CoefficientFields& fields, ServingAnchor& anchor) {
  const std::vector<int64_t> calibrated = fields.Integers("calibrated");
  const Seconds base(fields.Number("itl.base", "ms"));
  const Seconds per_sequence(fields.Number("itl.per_sequence", "ms"));
  for (const int64_t batch : fields.Integers("batches")) {
    fields.Require(batch >= 1 && batch <= kMostBatch, "batches",
                   "must be from 1 to 1048576");
    if (!fields.status().ok()) return;
    anchor.rows.push_back(
        {.batch = static_cast<int>(batch),
         .calibrated = std::find(calibrated.begin(), calibrated.end(), batch) !=
                       calibrated.end(),
         .published_energy =
             Joules(fields.Positive(absl::StrCat("joules.", batch), "J")),
         .published_itl = base + batch * per_sequence});
  }
}

}  // namespace

absl::StatusOr<ServingAnchor> PriceAnchor(std::string_view file_name,
                                          std::string_view text) {
  absl::StatusOr<CoefficientFile> file =
      CoefficientFile::Parse(file_name, text);
  if (!file.ok()) return file.status();
  CoefficientFields fields(*file);
  ServingAnchor anchor{fields.Text("name"), fields.Text("platform"),
                       fields.Text("model_shape")};
  ReadRows(fields, anchor);
  const Workload workload{
      fields.Positive("workload.output", "rows"),
      fields.Number("workload.prompts_per_output", "ratio")};
  fields.Keep(file->CheckAllRead());
  if (!fields.status().ok()) return fields.status();

  absl::StatusOr<PlatformDescriptor> platform = FindPlatform(anchor.platform);
  if (!platform.ok()) return platform.status();
  const absl::StatusOr<ServedShape> served = FindShape(anchor.model_shape);
  if (!served.ok()) return served.status();
  const PlatformCostModel model(served->shape, {.activation_bytes = 2},
                                *std::move(platform), 1);
  for (AnchorRow& row : anchor.rows) Predict(model, workload, row);
  return anchor;
}

absl::StatusOr<std::vector<ServingAnchor>> CompiledAnchors(
    std::string_view name) {
  std::vector<ServingAnchor> anchors;
  std::vector<std::string> known;
  for (const DataFile& file : CompiledDataFiles()) {
    if (!file.name.starts_with(kFolder)) continue;
    absl::StatusOr<ServingAnchor> anchor = PriceAnchor(file.name, file.text);
    if (!anchor.ok()) return anchor.status();
    known.push_back(anchor->name);
    if (name.empty() || name == anchor->name) {
      anchors.push_back(*std::move(anchor));
    }
  }
  if (!anchors.empty()) return anchors;
  return absl::NotFoundError(
      absl::StrCat("no published result is named \"", std::string(name),
                   "\"; known: ", absl::StrJoin(known, ", ")));
}

}  // namespace mj
