#include "seco/surrogate/versions.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <omp.h>
#include <spdlog/version.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "../cpu/kernels.h"
#include "../cuda/operators.h"
#include "mpi_interface.h"
#include "seco/surrogate/devices.h"
#ifdef SECO_WITH_FFTW
#include <fftw3.h>
#endif

namespace seco::surrogate {
namespace {

std::string fftw() {
#ifdef SECO_WITH_FFTW
  return fftw_version;
#else
  return "none; Fourier transforms by LibTorch";
#endif
}

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

std::string instruction_sets() {
  std::vector<std::string> compiled;
  std::string used;
  for (const auto* set : {"baseline", "avx2", "avx512"}) {
    if (!cpu::kernels_for<double>(set)) continue;
    compiled.emplace_back(set);
    used = set;
  }
  return fmt::format("{}, of {} that this processor has", used, fmt::join(compiled, ", "));
}

std::string devices() {
  if (!torch::cuda::is_available()) return "none that this process sees";
  std::vector<std::string> names;
  for (int i = 0; i < n_cuda_devices(); ++i)
    names.push_back(fmt::format("cuda:{} {}", i, cuda::device_name(i)));
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Versions versions() {
  Versions all{{"LibTorch", TORCH_VERSION},
               {"CUDA", cuda::versions()},
               {"FFTW", fftw()},
               {"MPI", mpi()},
               {"BLAS", blas()}};
  for (auto& entry : materials::versions()) all.push_back(std::move(entry));
  all.emplace_back("nlohmann-json",
                   fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                               NLOHMANN_JSON_VERSION_PATCH));
  all.emplace_back("spdlog",
                   fmt::format("{}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH));
  all.emplace_back("OpenMP", fmt::format("{}, {} threads", _OPENMP, n_cpu_threads()));
  all.emplace_back("instruction set", instruction_sets());
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
