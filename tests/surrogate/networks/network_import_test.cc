#include "seco/surrogate/network_import.h"

#include <gtest/gtest.h>
#include <torch/script.h>
#include <torch/torch.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "microstructures.h"
#include "model_folder.h"
#include "seco/materials/rve_file.h"
#include "seco/surrogate/engine.h"
#include "seco/surrogate/training.h"
#include "support/message_of.h"
#include "support/temporary.h"

using namespace seco;
using namespace seco::surrogate;
using seco::test::message_of;
using seco::test::temporary;
using test::loewner_margin;
using test::make_rve;

namespace {

namespace fs = std::filesystem;

/// A module with one weight, `[out, in]`, and this forward function, as torch.jit.save writes it.
std::string script_file(const std::string& name, std::int64_t in, std::int64_t out,
                        const std::string& forward) {
  torch::manual_seed(17);
  torch::jit::Module module("Network");
  module.register_parameter("weight", 0.02f * torch::randn({out, in, 1, 1}), false);
  module.define(forward);
  const auto path = temporary(name + ".pt");
  module.save(path);
  return path;
}

const char* const convolution = R"(
def forward(self, x):
    return torch.tanh(torch.conv2d(x, self.weight))
)";

NetworkImport request(const std::string& script, const std::string& name) {
  NetworkImport r;
  r.script = script;
  r.folder = temporary(name);
  fs::remove_all(r.folder);
  r.network.dimension = 2;
  r.grid = {16, 12};
  return r;
}

Homogenized homogenize(const std::string& engine, const std::string& folder, bool trusted,
                       const materials::Rve& rve) {
  register_builtin_engines();
  EngineSettings settings;
  settings.model = folder;
  settings.trust_scripts = trusted;
  settings.tolerance = 1e-4;
  return make_engine(engine, settings)->homogenize({&rve, 1}).front();
}

}  // namespace

TEST(NetworkImport, BoundsHoldWhateverTheModuleComputes) {
  const auto rve = make_rve("polycrystal", {18, 16});
  const auto exact = homogenize("certified", "", false, rve);
  struct Case {
    const char* name;
    const char* model;
    const char* block;
    int steps;
    std::int64_t in, out;
  };
  for (const auto& c : {Case{"eco", "s-ECO", "projection", 0, 6, 18},
                        Case{"potential", "s-ECO", "beltrami", 0, 6, 12},
                        Case{"steps", "s-ECO", "projection", 2, 33, 18},
                        Case{"weak", "w-ECO", "projection", 0, 6, 9},
                        Case{"direct", "direct", "projection", 0, 6, 18}}) {
    auto r = request(script_file(c.name, c.in, c.out, convolution), c.name);
    r.network.model = c.model;
    r.network.equilibrium_block = c.block;
    r.network.solver_steps = c.steps;
    const auto found = import_network(r);
    EXPECT_EQ(found.in_channels, c.in) << c.name;
    EXPECT_EQ(found.out_channels, c.out) << c.name;
    EXPECT_EQ(found.n_parameters, c.in * c.out) << c.name;
    EXPECT_GT(found.gap, 0.) << c.name;
    const auto result = homogenize("s-eco", r.folder, true, rve);
    EXPECT_GT(loewner_margin(result.lower, exact.upper), -1e-6) << c.name;
    EXPECT_GT(loewner_margin(exact.lower, result.upper), -1e-6) << c.name;
    EXPECT_LT(result.gap, 1.) << c.name;
    EXPECT_LE(homogenize("certified", r.folder, true, rve).gap, 1e-4) << c.name;
  }
}

TEST(NetworkImport, TheModuleDecidesTheFields) {
  const auto rve = make_rve("polycrystal", {16, 16});
  const auto path = script_file("zero", 6, 18, R"(
def forward(self, x):
    return 0. * torch.conv2d(x, self.weight)
)");
  const auto zero = request(path, "zero"),
             other = request(script_file("tanh", 6, 18, convolution), "tanh");
  import_network(zero);
  import_network(other);
  const auto a = homogenize("s-eco", zero.folder, true, rve),
             b = homogenize("s-eco", other.folder, true, rve);
  EXPECT_GT((a.upper - b.upper).norm() / a.upper.norm(), 1e-6);
  // No fluctuation of the strain: the upper bound is that of Voigt.
  const auto voigt = homogenize("voigt", "", false, rve);
  EXPECT_LT((a.upper - voigt.stiffness).norm(), 1e-5 * voigt.stiffness.norm());
}

TEST(NetworkImport, NothingIsExecutedUnlessItIsTrusted) {
  const auto script = script_file("trust", 6, 18, convolution);
  const auto r = request(script, "trust");
  import_network(r);
  const auto rve = make_rve("polycrystal", {8, 8});
  const auto message = message_of([&] { homogenize("s-eco", r.folder, false, rve); });
  EXPECT_NE(message.find("Trust scripts"), std::string::npos) << message;
  EXPECT_NE(message_of([&] { homogenize("certified", r.folder, false, rve); }).find("Trust"),
            std::string::npos);
  // The description is told without loading it, even where it is no module at all.
  std::ofstream(r.folder + "/backbone.pt") << "no module";
  EXPECT_EQ(describe_model(r.folder).network.backbone, "TorchScript");
  EXPECT_NE(message_of([&] { homogenize("s-eco", r.folder, true, rve); }).find("TorchScript"),
            std::string::npos);
}

TEST(NetworkImport, TheCommandAsksForConsentBeforeItExecutesAModule) {
  const auto script = script_file("command", 6, 18, convolution), folder = temporary("command"),
             log = temporary("command.log");
  fs::remove_all(folder);
  write_rve(temporary("command.h5"), make_rve("polycrystal", {16, 16}));
  const auto run = [&](const std::string& arguments) {
    const auto status = std::system((SECO_PROGRAM " " + arguments + " > " + log + " 2>&1").c_str());
    std::ifstream file(log);
    return std::pair(status == 0, std::string(std::istreambuf_iterator<char>(file), {}));
  };
  const auto import = "import-network " + script + " --dimension 2 --out " + folder,
             homogenize =
                 "homogenize " + temporary("command.h5") + " --engine s-eco --model " + folder;
  const std::string consent = " --trust-scripts";
  const auto [imported, refusal] = run(import);
  EXPECT_FALSE(imported);
  EXPECT_NE(refusal.find(script), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("--trust-scripts"), std::string::npos) << refusal;
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_TRUE(run(import + consent).first);
  const auto [used, message] = run(homogenize);
  EXPECT_FALSE(used);
  EXPECT_NE(message.find("--trust-scripts"), std::string::npos) << message;
  EXPECT_TRUE(run(homogenize + consent).first);
}

TEST(NetworkImport, ModulesThatDoNotFitAreNamed) {
  const auto message = [](const std::string& script, const auto& change) {
    auto r = request(script, "refused");
    change(r.network);
    auto text = message_of([&] { import_network(r); });
    EXPECT_FALSE(fs::exists(r.folder));
    return text;
  };
  const auto keep = [](auto&) {};
  const auto expect = [](const std::string& text, const std::string& what) {
    EXPECT_NE(text.find(what), std::string::npos) << text;
  };
  expect(message(temporary("missing.pt"), keep), "no such file");
  std::ofstream(temporary("text.pt")) << "no module";
  expect(message(temporary("text.pt"), keep), "not a TorchScript module");
  expect(message(script_file("few", 6, 17, convolution), keep), "expected [1, 18, 16, 12]");
  expect(message(script_file("reads", 5, 18, convolution), keep), "[1, 6, 16, 12]");
  expect(message(script_file("pair", 6, 18, R"(
def forward(self, x):
    return (x, x)
)"),
                 keep),
         "expected one tensor");
  expect(message(script_file("nan", 6, 18, R"(
def forward(self, x):
    return torch.log(-1. - torch.abs(torch.conv2d(x, self.weight)))
)"),
                 keep),
         "NaN");
  const auto good = script_file("good", 6, 18, convolution);
  expect(message(good, [](auto& n) { n.precision = "bfloat16"; }), "allowed is single");
  expect(message(good, [](auto& n) { n.coarsening = 2; }), "coarsening 2");
  expect(message(good, [](auto& n) { n.model = "UNet"; }), "allowed are s-ECO, w-ECO, direct");
}
