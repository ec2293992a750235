#include "hw_backends/cpu/packed_matrix.h"

#include <cassert>
#include <cmath>
#include <limits>
#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "hw_backends/cpu/repack.h"
#include "kernels/bit_planes.h"
#include "kernels/panel.h"
#include "kernels/scalar/dequantize.h"
#include "kernels/scalar/panel_group.h"

namespace mj {
namespace {

// 2^40 weights a side: no product of sizes below can overflow 63 bits.
constexpr int64_t kMaxSide = int64_t{1} << 31;

absl::Status CheckView(const TensorView& view, const std::string& name) {
  const TensorTypeInfo& info = InfoOf(view.type);
  if (view.rows <= 0 || view.cols <= 0 || view.rows > kMaxSide ||
      view.cols > kMaxSide || view.cols % info.block_elements != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": ", std::string(info.name), " [", view.rows, ", ", view.cols,
        "] is no matrix of whole blocks of ", info.block_elements, " columns"));
  }
  // Each factor is below 2^34, so this product may pass 2^63 only as a double.
  const size_t row_bytes = RowBytes(view.type, view.cols);
  const double wanted = static_cast<double>(row_bytes) * view.rows;
  if (wanted > 9e18 || view.bytes.size() != row_bytes * view.rows) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": ", std::string(info.name), " [", view.rows, ", ", view.cols,
        "] needs ", wanted, " bytes, has ", view.bytes.size()));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<float>> StackBiases(
    std::span<const TensorView> parts, std::span<const TensorView> biases) {
  std::vector<float> all;
  if (biases.empty()) return all;
  if (biases.size() != parts.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        biases.size(), " biases for ", parts.size(), " matrix parts"));
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    absl::StatusOr<std::vector<float>> bias = ReadVector(biases[i]);
    if (!bias.ok()) return bias.status();
    if (static_cast<int64_t>(bias->size()) != parts[i].rows) {
      return absl::InvalidArgumentError(
          absl::StrCat("bias of part ", i, ": ", bias->size(), " values for ",
                       parts[i].rows, " rows"));
    }
    all.insert(all.end(), bias->begin(), bias->end());
  }
  return all;
}

absl::Status RepackPart(const TensorView& part,
                        const PackedMatrix::Segment& segment, CodeOrder order,
                        WorkerPool& pool, std::byte* out) {
  constexpr int64_t kPanelsPerChunk = 8;
  std::mutex mutex;
  absl::Status first_error;
  const auto repack = [&](int64_t chunk, int) {
    const int64_t first = chunk * kPanelsPerChunk;
    for (int64_t p = first;
         p < std::min(first + kPanelsPerChunk, segment.panels); ++p) {
      absl::Status status =
          RepackPanel(part, p, out + p * segment.panel_bytes, order);
      if (status.ok()) continue;
      std::lock_guard lock(mutex);
      first_error.Update(status);
    }
  };
  pool.Run((segment.panels + kPanelsPerChunk - 1) / kPanelsPerChunk, repack);
  return first_error;
}

absl::Status AddPart(const TensorView& part, const std::string& name,
                     WorkerPool& pool, Arena& arena, PackedMatrix& matrix) {
  if (absl::Status status = CheckView(part, name); !status.ok()) return status;
  if (part.cols != matrix.cols) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": ", part.cols, " columns do not stack with ", matrix.cols));
  }
  PackedMatrix::Segment segment{
      .type = part.type,
      .first_row = matrix.rows,
      .rows = part.rows,
      .panels = (part.rows + kPanelRows - 1) / kPanelRows,
      .panel_bytes = PanelBytes(part.type, matrix.groups)};
  if (segment.panel_bytes > std::numeric_limits<size_t>::max() / 2 /
                                static_cast<size_t>(segment.panels)) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": too large"));
  }
  absl::StatusOr<std::byte*> data =
      arena.Allocate(segment.panels * segment.panel_bytes);
  if (!data.ok()) return data.status();
  segment.data = *data;
  if (absl::Status status =
          RepackPart(part, segment, matrix.order, pool, *data);
      !status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": ", status.message()));
  }
  matrix.segments.push_back(segment);
  matrix.rows += part.rows;
  matrix.panels += segment.panels;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PackedMatrix> PackMatrix(std::span<const TensorView> parts,
                                        std::span<const TensorView> biases,
                                        WorkerPool& pool, Arena& arena,
                                        CodeOrder order) {
  if (parts.empty()) {
    return absl::InvalidArgumentError("a matrix needs at least one part");
  }
  PackedMatrix matrix;
  matrix.order = order;
  matrix.cols = parts[0].cols;
  matrix.groups = (matrix.cols + kPanelGroup - 1) / kPanelGroup;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (absl::Status status =
            AddPart(parts[i], absl::StrCat("part ", i), pool, arena, matrix);
        !status.ok()) {
      return status;
    }
  }
  absl::StatusOr<std::vector<float>> bias = StackBiases(parts, biases);
  if (!bias.ok()) return bias.status();
  matrix.bias = *std::move(bias);
  return matrix;
}

absl::StatusOr<std::vector<float>> ReadVector(const TensorView& values) {
  if (absl::Status status = CheckView(values, "vector"); !status.ok()) {
    return status;
  }
  if (values.rows != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("vector: has ", values.rows, " rows"));
  }
  std::vector<float> floats(values.cols);
  scalar::DequantizeRow(values.type, values.bytes.data(), floats.data(),
                        values.cols);
  for (size_t i = 0; i < floats.size(); ++i) {
    if (std::isfinite(floats[i])) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("vector: element ", i, " is not finite"));
  }
  return floats;
}

void ReadMatrixRow(const PackedMatrix& matrix, int64_t row, float* out) {
  assert(row >= 0 && row < matrix.rows);
  for (const PackedMatrix::Segment& segment : matrix.segments) {
    const int64_t local = row - segment.first_row;
    if (local >= segment.rows) continue;
    const bool planes = matrix.order == CodeOrder::kPlanes &&
                        PanelLayoutOf(segment.type).bits != 0;
    const auto read = planes ? ReadPlaneRow : scalar::ReadPanelRow;
    return read(segment.type,
                segment.data + local / kPanelRows * segment.panel_bytes,
                matrix.groups, static_cast<int>(local % kPanelRows), out);
  }
}

}  // namespace mj
