#include "device.h"

#include "seco/surrogate/setting_error.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/cuda.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "kernel_tables.h"

namespace seco::surrogate {
namespace {

// Position and number of the ranks on this node, as MPI launchers publish them.
int environment_number(std::initializer_list<const char*> names, int fallback) {
  for (const char* name : names)
    if (const char* value = std::getenv(name)) {
      const int number = std::atoi(value);
      if (number >= 0) return number;
    }
  return fallback;
}

int ranks_on_node() {
  return environment_number(
      {"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "SLURM_NTASKS_PER_NODE"}, 1);
}

}  // namespace

torch::Device select_device(const std::string& name) {
  const auto n_gpus = static_cast<int>(torch::cuda::device_count());
  const int local_rank =
      environment_number({"OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID"}, 0);
  if (name == "cpu") return torch::kCPU;
  if (name == "auto" && n_gpus == 0) return torch::kCPU;
  if (name == "auto" || name == "cuda") {
    if (n_gpus == 0)
      throw SettingError(Setting::device,
                         "device 'cuda' was asked for, but there is none; use auto or cpu");
    return {torch::kCUDA, static_cast<torch::DeviceIndex>(local_rank % n_gpus)};
  }
  if (name.rfind("cuda:", 0) == 0) {
    const auto digits = name.substr(5);
    if (!digits.empty() && digits.size() < 4 &&
        digits.find_first_not_of("0123456789") == std::string::npos) {
      const int index = std::stoi(digits);
      if (index < n_gpus) return {torch::kCUDA, static_cast<torch::DeviceIndex>(index)};
      throw SettingError(
          Setting::device,
          fmt::format("device '{}' was asked for, but there are {} CUDA devices", name, n_gpus));
    }
  }
  throw SettingError(
      Setting::device,
      fmt::format("device '{}' is not known; allowed are auto, cpu, cuda, cuda:N", name));
}

void set_thread_count() {
  static const bool done = [] {
    int threads = environment_number({"OMP_NUM_THREADS"}, 0);
    if (threads < 1) {
      const int ranks = std::max(1, ranks_on_node());
      threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / ranks);
    }
    at::set_num_threads(threads);
#ifdef __GLIBC__
    // Fields are large and short-lived: by default glibc maps each anew, and every page is paid for
    // again.
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 64 << 20);
#endif
    return true;
  }();
  (void)done;
}

double chunk_memory(double asked, const torch::Device& device) {
  if (asked > 0) return asked;
  constexpr double usual = 1024, mebibyte = 1024. * 1024.;
  const auto free_memory = kernels_of(torch::TensorOptions(device)).free_memory;
  const double free = free_memory ? free_memory(device) : 0.;
  if (!(free > 0)) return usual;
  const auto n_gpus = std::max(1, static_cast<int>(torch::cuda::device_count()));
  const int ranks = std::max(1, ranks_on_node());
  return 0.5 * free / mebibyte / ((ranks + n_gpus - 1) / n_gpus);
}

double available_memory() {
  // Linux: what can be had without swapping, caches of files included.
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    double kibibytes = 0;
    if (words >> name >> kibibytes && name == "MemAvailable:") return 1024. * kibibytes;
  }
  return 0;
}

torch::Dtype precision_from(const std::string& name) {
  if (name == "double") return torch::kDouble;
  if (name == "single") return torch::kFloat;
  throw SettingError(Setting::precision,
                     fmt::format("precision '{}' is not known; allowed are single, double", name));
}

}  // namespace seco::surrogate
