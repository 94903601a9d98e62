#include "kernel_tables.h"

namespace seco::surrogate {
namespace {

KernelTable with_fallback(KernelTable table) {
  const auto portable = portable_kernels();
  for_each_kernel([&](const char*, auto entry) {
    if (table.*entry == nullptr) table.*entry = portable.*entry;
  });
  return table;
}

const KernelTable& portable_table() {
  static const KernelTable table = portable_kernels();
  return table;
}

const KernelTable& cpu_table() {
  static const KernelTable table = with_fallback(cpu_kernels());
  return table;
}

// Null where seco is built without CUDA kernels.
const KernelTable* cuda_table() {
  static const auto table = []() -> std::optional<KernelTable> {
    if (auto kernels = cuda_kernels()) return with_fallback(std::move(*kernels));
    return std::nullopt;
  }();
  return table ? &*table : nullptr;
}

const KernelTable& table_for(const torch::Device& device, torch::Dtype type) {
  if (type != torch::kFloat && type != torch::kDouble) return portable_table();
  if (device.is_cpu()) return cpu_table();
  return device.is_cuda() && cuda_table() ? *cuda_table() : portable_table();
}

}  // namespace

const KernelTable& kernels_of(const torch::TensorOptions& options) {
  return table_for(options.device(), c10::typeMetaToScalarType(options.dtype()));
}

const KernelTable& kernels_of(const torch::Tensor& field) {
  return table_for(field.device(), field.scalar_type());
}

const std::vector<const KernelTable*>& kernel_tables() {
  static const auto tables = [] {
    std::vector<const KernelTable*> all{&portable_table(), &cpu_table()};
    if (cuda_table()) all.push_back(cuda_table());
    return all;
  }();
  return tables;
}

std::vector<std::string> own_kernels(const KernelTable& table) {
  std::vector<std::string> names;
  for_each_kernel([&](const char* name, auto entry) {
    if (owns(table, entry)) names.emplace_back(name);
  });
  return names;
}

bool is_asynchronous(const torch::Device& device) {
  return device.is_cuda();
}

}  // namespace seco::surrogate
