// Speed of network inference, layer by layer, and of all that an answer of the engine s-eco takes
// beside it, as Markdown.
#include <fmt/format.h>
#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <functional>
#include <iostream>
#include <map>

#include "certificate.h"
#include "device.h"
#include "field_network.h"
#include "floors.h"
#include "model_folder.h"
#include "scope_times.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/generators.h"
#include "seco/surrogate/threads.h"
#include "unet.h"

namespace {

using namespace seco;
using namespace seco::benchmarks;
using namespace seco::surrogate;

struct Options {
  std::vector<std::string> models{"models/composite_3d", "models/polycrystal_3d",
                                  "models/pores_2d"};
  std::vector<std::string> precisions{"single", "bfloat16"};
  int grid_2d = 128, grid_3d = 32, rves = 8, order = 2048, threads = 1;
  double seconds = 1;
  std::string device = "cpu";
  bool quick = false;
};

/// RVEs of the kind that a model was trained on.
std::vector<materials::Rve> make_rves(const Model& model, int grid, int n) {
  const auto kind = model.description.value(
      nlohmann::json::json_pointer("/training/dataset_description"), std::string());
  const int d = model.network->settings().dimension;
  materials::GeneratorSettings settings;
  settings.type = kind.find("polycrystal") == 0 ? "polycrystal" : "inclusions";
  settings.shape.assign(d, grid);
  settings.lengths.assign(d, 1.);
  settings.n_grains = 64;
  settings.crystal = materials::elastic_constants("Cu").stiffness;
  settings.matrix = materials::isotropic(3000, 0.35);
  settings.inclusion = materials::isotropic(3000, 0.25);
  settings.inclusion_factor = d == 2 ? 1e-3 : 1e-2;
  settings.volume_fraction = 0.2;
  std::vector<materials::Rve> rves;
  for (settings.seed = 1; static_cast<int>(rves.size()) < n; ++settings.seed) try {
      rves.push_back(materials::generate(settings));
    } catch (const materials::PackingError&) {
    }
  return rves;
}

std::shared_ptr<UNetImpl> unet_of(FieldNetwork& network) {
  for (const auto& module : network.modules(/*include_self=*/false))
    if (auto unet = std::dynamic_pointer_cast<UNetImpl>(module)) return unet;
  throw std::invalid_argument("the network of this benchmark must have a UNet as its backbone");
}

/// Floating point operations of a layer for one RVE. The gate is needed on the coarse grid only.
double flops_of(const UNetImpl& unet, const std::string& layer, double voxels, double coarse_voxels,
                int dimension) {
  const auto parameters = unet.named_parameters(/*recurse=*/false);
  const auto weights = [&](const std::string& name) {
    const auto* weight = parameters.find(name + "_weight");
    return weight ? static_cast<double>(weight->numel()) : 0.;
  };
  if (layer == "head")
    return 2. * ((weights("head") + weights("value") + weights("product")) * voxels +
                 weights("gate") * coarse_voxels);
  if (layer == "lift") return 2. * weights("lift") * coarse_voxels;
  const int level = layer[layer.size() - 2] - '0';
  return 2. * weights(layer) * coarse_voxels / std::pow(2., dimension * level);
}

std::vector<std::string> layers_of(int levels) {
  std::vector<std::string> names{"lift"};
  for (int level = 0; level < levels; ++level)
    for (const char* part : {"a", "b"}) names.push_back(fmt::format("down{}{}", level, part));
  for (int level = levels - 2; level >= 0; --level)
    for (const char* part : {"a", "b"}) names.push_back(fmt::format("up{}{}", level, part));
  names.push_back("head");
  return names;
}

torch::Dtype type_of(const std::string& precision) {
  return precision == "bfloat16" ? torch::kBFloat16 : torch::kFloat;
}

/// Seconds of every part of one call.
std::map<std::string, double> times_of(const std::function<void()>& work, double seconds) {
  work();
  const ScopeTimes times;
  const auto n = measure(work, {seconds, 0, 2, 100}).size();
  auto parts = times.seconds();
  for (auto& [name, time] : parts) time /= static_cast<double>(n);
  return parts;
}

/// The backbone alone, on random fields.
void print_backbone(const Options& options, const Model& model, int grid, double product_rate) {
  const auto& settings = model.network->settings();
  const auto unet = unet_of(*model.network);
  const int d = settings.dimension;
  const auto in = unet->named_parameters(/*recurse=*/false)["value_weight"].size(1);
  std::vector<std::int64_t> shape{options.rves, in};
  shape.insert(shape.end(), d, grid);
  const auto x = torch::randn(shape, torch::TensorOptions(select_device(options.device)));
  const double voxels = std::pow(grid, d);
  const double coarse = std::pow(std::ceil(grid / static_cast<double>(settings.coarsening)), d);
  fmt::print(
      "| layer | GFLOP | {} |\n|---|---|{}\n",
      fmt::join(std::vector<std::string>(options.precisions.size(),
                                         "layer by layer in single, ms | ms | GFLOP/s | share"),
                " | "),
      [&] {
        std::string columns;
        for (std::size_t i = 0; i < options.precisions.size(); ++i) columns += "---|---|---|---|";
        return columns;
      }());
  std::map<std::string, std::string> rows;
  double all_flops = 0;
  std::string all;
  for (const auto& precision : options.precisions) {
    const auto type = type_of(precision);
    const auto infer = [&] { unet->forward({{x, {}}}, type, {}); };
    auto seconds = times_of(infer, options.seconds);
    // The differentiable form of the same network, in single precision: LibTorch 1.13 pools volumes
    // in no other on a CPU.
    const auto plain = [&] { unet->forward(x); };
    const auto both = compare(infer, plain, {2 * options.seconds, 1, 2, 100});
    auto plain_seconds = times_of(plain, options.seconds);
    for (const char* part : {"gate", "value", "product"})
      plain_seconds["head"] += plain_seconds[part];
    all_flops = 0;
    for (const auto& layer : layers_of(settings.levels)) {
      const double flops = flops_of(*unet, layer, voxels, coarse, d);
      const double time = seconds[layer] / options.rves;
      if (rows[layer].empty()) rows[layer] = fmt::format("| {} | {:.4f} |", layer, flops * 1e-9);
      rows[layer] += fmt::format(" {:.3f} | {:.3f} | {:.0f} | {:.0f} % |",
                                 plain_seconds[layer] / options.rves * 1e3, time * 1e3,
                                 flops / time * 1e-9, 100 * flops / time / product_rate);
      all_flops += flops;
    }
    const double rate = all_flops * options.rves / both.first.median();
    all += fmt::format(
        " {:.2f} | {:.2f} | {:.0f} | {:.0f} % |", both.second.median() / options.rves * 1e3,
        both.first.median() / options.rves * 1e3, rate * 1e-9, 100 * rate / product_rate);
  }
  for (const auto& layer : layers_of(settings.levels)) fmt::print("{}\n", rows[layer]);
  fmt::print("| all, with what is between | {:.4f} |{}\n\n", all_flops * 1e-9, all);
}

struct Answer {
  double seconds = 0;
  std::map<std::string, double> parts;
  torch::Tensor gap;
};

Answer answer(const Options& options, const std::string& folder, const std::string& precision,
              const std::vector<materials::Rve>& rves) {
  const auto model = load_model(folder, precision);
  const auto fields = torch::TensorOptions(torch::kFloat).device(select_device(options.device));
  model.network->to(fields.device());
  Answer result;
  const auto compute = [&] {
    StiffnessField stiffness;
    {
      RECORD_USER_SCOPE("stiffness field");
      stiffness = StiffnessField(rves, fields);
    }
    const auto predicted = (*model.network)(stiffness);
    RECORD_USER_SCOPE("certificate");
    const auto pair = admissible(predicted, stiffness);
    result.gap = certify(stiffness, pair.strain, pair.stress).gap();
  };
  compute();
  const ScopeTimes times;
  const auto sample = measure(compute, {options.seconds, 0, 2, 20});
  const double n = static_cast<double>(sample.size() * rves.size());
  for (const auto& [name, seconds] : times.seconds()) result.parts[name] = seconds / n;
  result.seconds = sample.median() / static_cast<double>(rves.size());
  return result;
}

/// Where the time of an answer goes, and what its precision costs in the gap.
void print_answers(const Options& options, const std::string& folder,
                   const std::vector<materials::Rve>& rves) {
  const std::vector<std::string> parts{"stiffness field", "solver steps",    "input of the network",
                                       "backbone",        "kinematic block", "equilibrium block",
                                       "last step",       "certificate"};
  std::vector<std::string> used;
  std::vector<Answer> answers;
  for (const auto& precision : options.precisions)
    answers.push_back(answer(options, folder, precision, rves));
  for (const auto& part : parts)
    if (answers.front().parts.count(part)) used.push_back(part);
  fmt::print("| network | ms per answer | {} | mean gap | largest gap |\n|---|---|{}---|---|\n",
             fmt::join(used, " | "), [&] {
               std::string columns;
               for (std::size_t i = 0; i < used.size(); ++i) columns += "---|";
               return columns;
             }());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    fmt::print("| {} | {:.1f} |", options.precisions[i], answers[i].seconds * 1e3);
    for (const auto& part : used)
      fmt::print(" {:.1f} ({:.0f} %) |", answers[i].parts[part] * 1e3,
                 100 * answers[i].parts[part] / answers[i].seconds);
    fmt::print(" {:.5g} | {:.5g} |\n", answers[i].gap.mean().item<double>(),
               answers[i].gap.max().item<double>());
  }
  fmt::print("\n");
}

void run(Options options) {
  torch::NoGradGuard no_grad;
  if (options.quick) {
    options.seconds = 0.2;
    options.rves = 4;
  }
  set_thread_count();
  use_threads(options.threads);
  // The floor, on this machine, in this run, with as many threads.
  const auto product = measure_matrix_product(options.order, true, {options.seconds, 1, 3, 100});
  const double product_rate = 2. * std::pow(options.order, 3.) / product.median();
  fmt::print(
      "Threads: {}. Matrix product of order {} in single precision: {:.0f} GFLOP/s, to which all "
      "shares refer. {} RVEs in a batch; times and GFLOP are those of one.\n\n",
      options.threads, options.order, product_rate * 1e-9, options.rves);
  for (const auto& folder : options.models) {
    const auto model = load_model(folder);
    model.network->to(select_device(options.device));
    const int d = model.network->settings().dimension;
    const int grid = d == 2 ? options.grid_2d : options.grid_3d;
    fmt::print(
        "### {}, {}^{} voxels\n\nBackbone in {}; first the differentiable form, layer by "
        "layer.\n\n",
        folder, grid, d, fmt::join(options.precisions, ", then in "));
    print_backbone(options, model, grid, product_rate);
    fmt::print("Engine `s-eco`, milliseconds and share of the time of an answer:\n\n");
    print_answers(options, folder, make_rves(model, grid, options.rves));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  seco::surrogate::wait_passively(argv);
  seco::surrogate::keep_freed_memory();
  Options options;
  CLI::App app{"Times network inference layer by layer, and the answers of the engine s-eco"};
  app.add_option("--models", options.models, "model folders")->delimiter(',');
  app.add_option("--precisions", options.precisions, "arithmetic of the network")
      ->delimiter(',')
      ->check(CLI::IsMember({"single", "bfloat16"}));
  app.add_option("--grid-2d", options.grid_2d, "voxels per edge")->check(CLI::Range(8, 4096));
  app.add_option("--grid-3d", options.grid_3d, "voxels per edge")->check(CLI::Range(8, 512));
  app.add_option("--rves", options.rves, "RVEs in a batch")->check(CLI::Range(1, 4096));
  app.add_option("--order", options.order, "of the matrix product")->check(CLI::Range(16, 16384));
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 1024));
  app.add_option("--seconds", options.seconds, "for each measurement")
      ->check(CLI::Range(0.001, 3600.));
  app.add_option("--device", options.device, "cpu, cuda or cuda:N");
  app.add_flag("--quick", options.quick, "a first impression");
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const std::exception& error) {
    std::cerr << "network_benchmark: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
