#include "engine/open_backend.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/model/device_runner.h"
#include "hw_backends/cpu/cpu_backend.h"
#include "hw_backends/models/device_coefficients.h"
#include "hw_backends/onednn/onednn_backend.h"
#include "hw_backends/simulated_backend.h"

namespace mj {
namespace {

CpuBackendOptions OptionsOf(const EngineFlags& flags, int threads) {
  CpuBackendOptions options;
  options.threads = threads;
  options.max_rows = flags.engine.max_batched_tokens;
  if (!flags.isa.empty()) options.isa = ParseIsa(flags.isa);
  if (!flags.numerics.empty()) options.numerics = ParseNumerics(flags.numerics);
  if (!flags.kv_dtype.empty()) options.kv_type = ParseKvType(flags.kv_dtype);
  options.activation_bits = flags.activation_bits;
  return options;
}

absl::StatusOr<std::unique_ptr<Backend>> OpenReal(const EngineFlags& flags,
                                                  CpuBackendOptions options) {
  if (flags.analog != AnalogOptions()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--backend ", flags.backend,
        " has no analog cells: --chips, --age, --analog-layers, "
        "--analog-cells, --drift-compensation and --device-seed are for those "
        "that have"));
  }
  if (flags.lut_nonlinearities) {
    return absl::InvalidArgumentError(
        absl::StrCat("--lut-nonlinearities: the backend ", flags.backend,
                     " has none; simulated digital arrays do (cim:NAME)"));
  }
  if (flags.backend == "onednn") return MakeOneDnnBackend(options);
  options.probe_threads = !flags.threads;  // oneDNN has threads of its own
  return MakeCpuBackend(options);
}

// What the joules rest on: the file, and whether bits that are counted scale
// them.
std::string CalibrationOf(const DeviceModel& device,
                          const AnalogOptions& analog,
                          const std::string& name) {
  std::string text =
      absl::StrCat(name, " descriptor ", device.device().calibration);
  if (analog.layers != AnalogLayers()) {
    absl::StrAppend(&text, ", priced as if all layers were in its cells");
  }
  if (device.device().numerics != DeviceNumerics::kDigital) return text;
  return absl::StrCat(text, device.scales_with_bits()
                                ? ", joules by counted bits"
                                : ", joules not by counted bits: those that "
                                  "they were published for are unknown");
}

std::string Describe(const DeviceModel& device, const std::string& name) {
  const Placement& p = device.placement();
  std::string text =
      absl::StrCat("device ", name, ", modelled: weights ",
                   std::string(WeightsLiveName(p.live)), ", ", p.tiles_needed,
                   p.live == WeightsLive::kInArrays ? " arrays" : " memories",
                   " needed, ", p.tiles_had, " had");
  if (p.devices > 1) absl::StrAppend(&text, ": ", p.devices, " devices");
  if (!p.resident) absl::StrAppend(&text, ": written again each pass");
  return text;
}

}  // namespace

absl::StatusOr<OpenedBackend> OpenBackend(const EngineFlags& flags,
                                          int threads) {
  const CpuBackendOptions options = OptionsOf(flags, threads);
  OpenedBackend opened;
  absl::StatusOr<std::unique_ptr<Backend>> backend;
  if (IsSimulated(flags.backend)) {
    absl::StatusOr<DeviceDescriptor> device =
        FindSimulated(flags.backend, flags.data_dir);
    if (!device.ok()) return device.status();
    backend = MakeSimulatedBackend(
        *device, {flags.lut_nonlinearities, flags.analog}, options);
    opened.device = *std::move(device);
  } else {
    backend = OpenReal(flags, options);
  }
  if (!backend.ok()) return backend.status();
  opened.backend = *std::move(backend);
  return opened;
}

absl::StatusOr<std::string> RunOnDevice(DeviceDescriptor device,
                                        const EngineFlags& flags,
                                        EnergySetup& energy,
                                        LoadedModel& model) {
  DeviceModelOptions options;
  options.cost = energy.cost;
  absl::StatusOr<DeviceModel> made =
      DeviceModel::Create(std::move(device), model.shape, options);
  if (!made.ok()) return made.status();
  const std::string name = model.backend->info().name;
  energy.device = {
      .domain = name,
      .coefficients = CoefficientsOf(*made, model.shape, energy.cost)};
  energy.device->coefficients.calibration =
      CalibrationOf(*made, flags.analog, name);
  energy.meter = nullptr;
  std::string description = Describe(*made, name);
  model.runner =
      std::make_unique<DeviceRunner>(std::move(model.runner), *std::move(made));
  return description;
}

}  // namespace mj
