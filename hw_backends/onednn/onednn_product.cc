#include "hw_backends/onednn/onednn_product.h"

#include <cassert>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hw_backends/cpu/mapped_memory.h"
#include "oneapi/dnnl/dnnl.hpp"

// As in onednn_matrices.cc.
extern "C" void omp_set_num_threads(int num_threads);

namespace mj {
namespace {

using Desc = dnnl::memory::desc;
using DataType = dnnl::memory::data_type;

Desc RowMajor(int64_t rows, int64_t cols, DataType type) {
  return Desc({rows, cols}, type, dnnl::memory::dims{cols, 1});
}

struct Product {
  Desc x, rounded, y;
  dnnl::reorder round;   // x -> rounded; of bf16 only
  dnnl::memory weights;  // in this primitive's layout
  dnnl::matmul primitive;
};

}  // namespace

struct OneDnnProduct::Impl {
  DataType type = DataType::f32;
  std::span<const float> values;
  int64_t outputs = 0, inputs = 0;
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::vector<MappedMemory> mapped;   // of what follows
  std::vector<dnnl::memory> weights;  // one a layout
  std::map<int64_t, Product> products;
  std::vector<uint16_t> rounded;  // x

  dnnl::memory View(const Desc& desc, const void* data) const {
    return dnnl::memory(desc, engine, const_cast<void*>(data));
  }
  absl::StatusOr<dnnl::memory> WeightsIn(const Desc& desc);
  absl::StatusOr<Product*> Find(int64_t rows);
  absl::Status Run(std::span<const float> x, int64_t rows, std::span<float> y);
};

absl::StatusOr<dnnl::memory> OneDnnProduct::Impl::WeightsIn(const Desc& desc) {
  for (const dnnl::memory& memory : weights) {
    if (memory.get_desc() == desc) return memory;
  }
  absl::StatusOr<MappedMemory> memory =
      MappedMemory::Map(desc.get_size(), /*huge_pages=*/true);
  if (!memory.ok()) return memory.status();
  // W^T [inputs, outputs] of the row-major W.
  const Desc given({inputs, outputs}, DataType::f32,
                   dnnl::memory::dims{1, inputs});
  dnnl::memory from = View(given, values.data());
  dnnl::memory to = View(desc, memory->data());
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  mapped.push_back(*std::move(memory));
  weights.push_back(to);
  return to;
}

absl::StatusOr<Product*> OneDnnProduct::Impl::Find(int64_t rows) {
  if (auto found = products.find(rows); found != products.end()) {
    return &found->second;
  }
  Product product;
  product.x = RowMajor(rows, inputs, DataType::f32);
  product.rounded = RowMajor(rows, inputs, type);
  product.y = RowMajor(rows, outputs, DataType::f32);
  const Desc any({inputs, outputs}, type, dnnl::memory::format_tag::any);
  const dnnl::matmul::primitive_desc chosen(
      dnnl::matmul::desc(product.rounded, any, product.y), engine);
  absl::StatusOr<dnnl::memory> packed = WeightsIn(chosen.weights_desc());
  if (!packed.ok()) return packed.status();
  product.weights = *packed;
  product.primitive = dnnl::matmul(chosen);
  if (type == DataType::bf16) {
    product.round = dnnl::reorder(dnnl::reorder::primitive_desc(
        engine, product.x, engine, product.rounded));
  }
  return &products.emplace(rows, std::move(product)).first->second;
}

absl::Status OneDnnProduct::Impl::Run(std::span<const float> x, int64_t rows,
                                      std::span<float> y) {
  absl::StatusOr<Product*> product = Find(rows);
  if (!product.ok()) return product.status();
  dnnl::memory source = View((*product)->x, x.data());
  if (type == DataType::bf16) {
    if (rounded.size() < x.size()) rounded.resize(x.size());
    dnnl::memory halves = View((*product)->rounded, rounded.data());
    (*product)->round.execute(stream, source, halves);
    source = halves;
  }
  (*product)->primitive.execute(
      stream, {{DNNL_ARG_SRC, source},
               {DNNL_ARG_WEIGHTS, (*product)->weights},
               {DNNL_ARG_DST, View((*product)->y, y.data())}});
  stream.wait();
  return absl::OkStatus();
}

OneDnnProduct::OneDnnProduct(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

OneDnnProduct::~OneDnnProduct() = default;

absl::StatusOr<std::unique_ptr<OneDnnProduct>> OneDnnProduct::Create(
    Numerics numerics, std::span<const float> weights, int64_t outputs) {
  if (numerics != Numerics::kF32 && numerics != Numerics::kBf16) {
    return absl::InvalidArgumentError(
        absl::StrCat("oneDNN product: numerics ",
                     std::string(NumericsName(numerics)), "; f32 or bf16"));
  }
  const auto size = static_cast<int64_t>(weights.size());
  if (outputs <= 0 || size == 0 || size % outputs != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "oneDNN product: ", size, " weights for ", outputs, " outputs"));
  }
  auto impl = std::make_unique<Impl>();
  impl->type = numerics == Numerics::kF32 ? DataType::f32 : DataType::bf16;
  impl->values = weights;
  impl->outputs = outputs;
  impl->inputs = size / outputs;
  return std::unique_ptr<OneDnnProduct>(new OneDnnProduct(std::move(impl)));
}

absl::Status OneDnnProduct::Multiply(std::span<const float> x, int threads,
                                     std::span<float> y) {
  const auto rows = static_cast<int64_t>(x.size()) / impl_->inputs;
  assert(static_cast<int64_t>(x.size()) == rows * impl_->inputs);
  assert(static_cast<int64_t>(y.size()) == rows * impl_->outputs);
  try {
    omp_set_num_threads(threads);  // of this calling thread's products
    return impl_->Run(x, rows, y);
  } catch (const dnnl::error& error) {
    const std::string message =
        absl::StrCat("oneDNN: product of ", rows, " rows: ", error.what());
    return error.status == dnnl_out_of_memory
               ? absl::ResourceExhaustedError(message)
               : absl::UnimplementedError(message);
  }
}

}  // namespace mj
