// How fast a device does the work of the engines, and which part of what it could do that is, as
// Markdown: floors of the device, kernels and steps of the reference solver against them, and RVEs
// per second of the engines at equal error. Runs on a CPU as well.
#include <fmt/format.h>
#include <torch/cuda.h>
#include <torch/torch.h>
#include <torch/version.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "device.h"
#include "device_engines.h"
#include "device_kernels.h"
#include "output.h"
#include "seco/surrogate/threads.h"

int main(int argc, char** argv) {
  using namespace seco;
  surrogate::wait_passively(argv);
  surrogate::keep_freed_memory();
  benchmarks::DeviceOptions options;
  std::string device = "auto", json;
  std::vector<std::string> parts{"floors", "kernels", "engines"};
  CLI::App app{"Times kernels and engines on a device and compares them with its floors"};
  app.add_option("--device", device, "auto, cpu, cuda or cuda:N");
  app.add_option("--parts", parts, "floors, kernels, engines")
      ->delimiter(',')
      ->check(CLI::IsMember({"floors", "kernels", "engines"}));
  app.add_option("--grids", options.grids, "voxels per edge")
      ->delimiter(',')
      ->check(CLI::Range(4, 512));
  app.add_option("--voxels", options.voxels, "of all RVEs of a batch together")
      ->check(CLI::Range(64., 1e10));
  app.add_option("--cases", options.cases, "copper, pores or spheres")->delimiter(',');
  app.add_option("--models", options.models, "model folder for each case")->delimiter(',');
  app.add_option("--tolerance", options.tolerance, "gap to be certified")
      ->check(CLI::Range(1e-9, 0.5));
  app.add_option("--order", options.order, "of the matrices whose product is timed")
      ->check(CLI::Range(16, 65536));
  app.add_option("--seconds", options.seconds, "for each measurement")
      ->check(CLI::Range(1e-3, 3600.));
  app.add_option("--json", json, "file for the values");
  CLI11_PARSE(app, argc, argv);
  try {
    torch::NoGradGuard no_grad;
    surrogate::set_thread_count();
    options.device = surrogate::select_device(device);
    nlohmann::json values{{"device", options.device.str()}, {"libtorch", TORCH_VERSION}};
    fmt::print("Device {}, LibTorch {}. Medians, in brackets the quartiles.\n",
               options.device.str(), TORCH_VERSION);
    const auto floors = benchmarks::device_floors(options);
    values["floors"] = floors.json();
    for (const auto& part : parts)
      if (part == "floors")
        benchmarks::print_floors(floors);
      else if (part == "kernels")
        values["kernels"] = benchmarks::time_kernels(options, floors);
      else
        values["engines"] = benchmarks::time_engines(options);
    benchmarks::write_json(json, values);
  } catch (const std::exception& error) {
    std::cerr << "device_benchmark: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
