#include "seco/surrogate/versions.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <omp.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "kernel_tables.h"
#include "mpi_interface.h"
#include "seco/surrogate/devices.h"

namespace seco::surrogate {
namespace {

std::string mpi() {
#ifdef SECO_WITH_MPI
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string all(text, static_cast<std::size_t>(length));
  return all.substr(0, std::min(all.find(','), all.find('\n')));
#else
  return "none";
#endif
}

/// The library whose matrix product this process calls, since several may be installed or loaded.
std::string blas() {
  Dl_info info;
  void* const product = dlsym(RTLD_DEFAULT, "dgemm_");
  if (!product || dladdr(product, &info) == 0 || !info.dli_fname) return "inside LibTorch";
  std::error_code error;
  const auto file = std::filesystem::canonical(info.dli_fname, error);
  std::string text = error ? info.dli_fname : file.string();
  using Config = const char* (*)();
  if (const auto config = reinterpret_cast<Config>(dlsym(RTLD_DEFAULT, "openblas_get_config")))
    text += fmt::format(" ({})", config());
  return text;
}

// Which entries of a table are its own, and which are those of the portable one.
std::string origin_of_kernels(const KernelTable& table) {
  if (&table == kernel_tables().front()) return fmt::format("{} kernels, on any device", n_kernels);
  const auto own = own_kernels(table);
  std::vector<std::string> portable;
  for_each_kernel([&](const char* name, auto entry) {
    if (!owns(table, entry)) portable.emplace_back(name);
  });
  return fmt::format(
      "{} of its own{}", own.size(),
      portable.empty() ? std::string() : fmt::format("; portable: {}", fmt::join(portable, ", ")));
}

std::string devices() {
  if (!torch::cuda::is_available()) return "none that this process sees";
  const auto name = kernels_of(torch::TensorOptions(torch::kCUDA)).device_name;
  std::vector<std::string> names;
  for (int i = 0; i < n_cuda_devices(); ++i)
    names.push_back(fmt::format("cuda:{} {}", i, name ? name(i) : std::string()));
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Versions versions() {
  Versions all{{"LibTorch", TORCH_VERSION}, {"MPI", mpi()}, {"BLAS", blas()}};
  for (const auto* table : kernel_tables()) {
    if (table->versions)
      for (auto& entry : table->versions()) all.push_back(std::move(entry));
    all.emplace_back(fmt::format("{} kernels", table->name), origin_of_kernels(*table));
  }
  if (!cuda_kernels()) all.emplace_back("CUDA", "none; kernels of our own are not built");
  for (auto& entry : materials::versions()) all.push_back(std::move(entry));
  all.emplace_back("nlohmann-json",
                   fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                               NLOHMANN_JSON_VERSION_PATCH));
  all.emplace_back("OpenMP", fmt::format("{}, {} threads", _OPENMP, n_cpu_threads()));
  all.emplace_back("GPUs", devices());
  return all;
}

std::string version_report(const std::string& version, const Versions& others) {
  auto all = others;
  for (auto& entry : versions()) all.push_back(std::move(entry));
  std::string text = fmt::format("seco {}", version);
  for (const auto& [name, what] : all) text += fmt::format("\n  {:<16} {}", name, what);
  return text;
}

}  // namespace seco::surrogate
