// Floors of this machine: memory bandwidth, FFT rate and matrix product rate, as Markdown.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <iostream>

#include "floors.h"
#include "output.h"
#include "seco/surrogate/threads.h"

namespace {

using namespace seco::benchmarks;

struct Options {
  std::vector<double> working_sets{1, 4, 16, 64, 256, 1024};
  std::vector<int> grids{32, 64, 128}, threads = thread_counts();
  int order = 2048, batch = 18;
  double seconds = 1;
  std::string json;
};

nlohmann::json bandwidth(const Options& options, const Budget& budget) {
  fmt::print(
      "### Memory bandwidth\n\n"
      "GB/s, counting what the program reads and writes: two arrays of doubles for a copy, three "
      "for a triad.\n\n"
      "| working set, MiB | threads | copy | triad |\n|---|---|---|---|\n");
  auto values = nlohmann::json::array();
  for (const double mebibytes : options.working_sets)
    for (const int n : options.threads) {
      use_threads(n);
      const auto rate = measure_bandwidth(static_cast<std::size_t>(mebibytes * (1 << 20)), budget);
      fmt::print("| {:g} | {} | {} | {} |\n", mebibytes, n, rate.copy.scaled(1e-9).text(),
                 rate.triad.scaled(1e-9).text());
      std::fflush(stdout);
      values.push_back({{"working_set", mebibytes * (1 << 20)},
                        {"threads", n},
                        {"copy", to_json(rate.copy)},
                        {"triad", to_json(rate.triad)}});
    }
  return values;
}

nlohmann::json ffts(const Options& options, const Budget& budget) {
  fmt::print(
      "\n### Fourier transforms\n\n"
      "Milliseconds of {} real transforms in 3D, forward and back; {}. GFLOP/s are those of the "
      "faster library, at 2.5 N log2 N operations per transform of N values.\n\n"
      "| grid | precision | threads | FFTW | torch::fft | torch::fft / FFTW | GFLOP/s |\n"
      "|---|---|---|---|---|---|---|\n",
      options.batch, fftw_version());
  auto values = nlohmann::json::array();
  for (const int grid : options.grids)
    for (const bool single : {true, false})
      for (const int n : options.threads) {
        use_threads(n);
        const FftCase fft{grid, options.batch, single};
        nlohmann::json value{{"grid", grid},
                             {"batch", options.batch},
                             {"precision", fft.precision()},
                             {"threads", n}};
        if (has_fftw()) {
          const auto seconds = compare_ffts(fft, budget);
          const auto& best = seconds.ratio.median() > 1 ? seconds.first : seconds.second;
          fmt::print("| {}^3 | {} | {} | {} | {} | {} | {} |\n", grid, fft.precision(), n,
                     seconds.first.scaled(1e3).text(), seconds.second.scaled(1e3).text(),
                     seconds.ratio.text(), best.divided_into(1e-9 * fft.flops()).text());
          value["fftw"] = to_json(seconds.first);
          value["torch"] = to_json(seconds.second);
        } else {
          const auto seconds = measure_fft(fft, budget);
          fmt::print("| {}^3 | {} | {} | | {} | | {} |\n", grid, fft.precision(), n,
                     seconds.scaled(1e3).text(), seconds.divided_into(1e-9 * fft.flops()).text());
          value["torch"] = to_json(seconds);
        }
        std::fflush(stdout);
        values.push_back(value);
      }
  return values;
}

nlohmann::json matrix_products(const Options& options, const Budget& budget) {
  fmt::print(
      "\n### Matrix product\n\n"
      "Square matrices of order {}, by the BLAS that LibTorch uses.\n\n"
      "| precision | threads | GFLOP/s |\n|---|---|---|\n",
      options.order);
  auto values = nlohmann::json::array();
  for (const bool single : {true, false})
    for (const int n : options.threads) {
      const bool followed = use_threads(n);
      if (!followed && n != options.threads.back()) continue;
      const auto rate = measure_matrix_product(options.order, single, budget)
                            .divided_into(2. * std::pow(options.order, 3.));
      const std::string threads = followed ? std::to_string(n) : "as the BLAS chooses";
      fmt::print("| {} | {} | {} |\n", single ? "single" : "double", threads,
                 rate.scaled(1e-9).text());
      std::fflush(stdout);
      values.push_back({{"precision", single ? "single" : "double"},
                        {"order", options.order},
                        {"threads", n},
                        {"flops_per_second", to_json(rate)}});
    }
  return values;
}

// FFTW's vectors want every transform of a batch to begin at the same alignment.
std::string multiple_of_8(const std::string& text) {
  int grid = 0;
  return CLI::detail::lexical_cast(text, grid) && grid > 0 && grid % 8 == 0
             ? ""
             : "grid " + text + " is not a positive multiple of 8";
}

void run(const Options& options) {
  const Budget budget{options.seconds};
  fmt::print("Medians, in brackets the quartiles of the repetitions.\n\n");
  nlohmann::json values;
  values["bandwidth"] = bandwidth(options, budget);
  values["fft"] = ffts(options, budget);
  values["matrix_product"] = matrix_products(options, budget);
  write_json(options.json, values);
}

}  // namespace

int main(int argc, char** argv) {
  seco::surrogate::wait_passively(argv);
  seco::surrogate::keep_freed_memory();
  Options options;
  CLI::App app{"Measures what this machine can do at best"};
  app.add_option("--working-sets", options.working_sets, "MiB of all arrays together")
      ->delimiter(',')
      ->check(CLI::Range(0.01, 1e6));
  app.add_option("--grids", options.grids, "voxels per edge of the transforms, multiples of 8")
      ->delimiter(',')
      ->check(multiple_of_8);
  app.add_option("--threads", options.threads)->delimiter(',')->check(CLI::Range(1, 1024));
  app.add_option("--order", options.order, "of the matrices")->check(CLI::Range(1, 65536));
  app.add_option("--batch", options.batch, "transforms at once")->check(CLI::Range(1, 10000));
  app.add_option("--seconds", options.seconds, "for each measurement")
      ->check(CLI::Range(1e-3, 3600.));
  app.add_option("--json", options.json, "file for the values");
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const std::exception& error) {
    std::cerr << "machine_benchmark: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
