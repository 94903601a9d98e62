#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "seco/materials/parameter_reader.h"
#include "seco/plugin/parameters.h"
#include "seco/plugin/registration.h"
#include "seco/plugin/shared_library.h"
#include "seco/surrogate/result_cache.h"
#include "small_materials.h"
#include "support/message_of.h"
#include "support/temporary.h"

using namespace seco::plugin;
using seco::test::message_of;

namespace {

std::string library(const std::string& name) {
  return std::string(SECO_LIBRARY_FOLDER) + "/lib" + name + ".so";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST(Loader, BringsMaterialsThatWereNotThereBefore) {
  const auto known = [] {
    for (const auto& material : registered_materials<3>())
      if (material.name == "proportional") return true;
    return false;
  };
  EXPECT_FALSE(known());
  load_shared_library(library("seco_test_material"), "");
  EXPECT_TRUE(known());
  load_shared_library(library("seco_test_material"), "");  // again, without effect
  dealii::ParameterHandler handler;
  declare_material_parameters<3>(handler);
  handler.enter_subsection("proportional");
  handler.set("Modulus", 3.);
  handler.leave_subsection();
  auto material = make_material<3>("proportional", handler, {});
  MaterialResponse<3> response;
  dealii::SymmetricTensor<2, 3> strain;
  strain[0][1] = 0.5;
  material->set_points({{}}, MPI_COMM_SELF, {});
  material->evaluate({}, {&strain, 1}, Request::stress, response);
  EXPECT_DOUBLE_EQ(response.stress[0][0][1], 1.5);
}

TEST(Loader, TheLibraryThatBroughtTheSEcoEngineIsNotNeeded) {
  const auto names = seco::surrogate::engine_names();
  EXPECT_NE(std::find(names.begin(), names.end(), "s-eco"), names.end());
  const auto note = load_shared_library("build/libseco_s_eco.so", "/nowhere");
  EXPECT_TRUE(contains(note, "'build/libseco_s_eco.so' is not needed")) << note;
}

TEST(Loader, AnEngineBringsParametersOfItsOwn) {
  EXPECT_EQ(load_shared_library(library("seco_test_engine"), ""), "");
  const auto tangent = [](const std::vector<std::pair<std::string, std::string>>& engine) {
    auto entries = small_polycrystal;
    entries.erase(entries.begin());
    entries.insert(entries.end(), engine.begin(), engine.end());
    return respond<3>(*make<3>("homogenized", entries), {{}}).tangent.at(0);
  };
  const auto voigt = tangent({{"Engine", "voigt"}}), reuss = tangent({{"Engine", "reuss"}});
  const auto mixture = [&](const std::string& weight) {
    return tangent({{"Engine", "mixture"}, {"mixture/Weight of Voigt", weight}});
  };
  EXPECT_LT((mixture("1") - voigt).norm(), 1e-12 * voigt.norm());
  EXPECT_LT((mixture("0") - reuss).norm(), 1e-12 * voigt.norm());
  EXPECT_LT((tangent({{"Engine", "mixture"}}) - 0.5 * (voigt + reuss)).norm(),
            1e-12 * voigt.norm());
  const auto message = message_of([&] { mixture("1.5"); });
  EXPECT_TRUE(contains(message, "'homogenized/mixture'")) << message;
  EXPECT_TRUE(contains(message, "'Weight of Voigt'")) << message;
  EXPECT_TRUE(contains(message, "from 0 to 1")) << message;
}

TEST(Loader, ParametersOfAnEngineTellItsKeptResultsApart) {
  load_shared_library(library("seco_test_engine"), "");
  const auto folder = testing::TempDir() + "/seco_own_" + std::to_string(getpid());
  const auto cache = [&](const std::string& weight) {
    seco::surrogate::EngineSettings settings;
    if (!weight.empty()) settings.own["mixture"]["Weight of Voigt"] = weight;
    return seco::surrogate::ResultCache(folder, "mixture", settings);
  };
  seco::surrogate::Homogenized result;
  result.stiffness = result.lower = result.upper = seco::materials::MandelMatrix::Identity(6, 6);
  const seco::surrogate::ResultCache::Digest rve{1, 2};
  cache("0.25").store(rve, result);
  EXPECT_TRUE(cache("0.25").find(rve));
  EXPECT_FALSE(cache("").find(rve));
  cache("").store(rve, result);
  EXPECT_TRUE(cache("0.5").find(rve)) << "0.5 is the default";
  EXPECT_TRUE(contains(message_of([&] { cache("many"); }), "'Weight of Voigt'"));
  std::filesystem::remove_all(folder);
}

TEST(Loader, SaysWhatIsWrongWithALibrary) {
  const auto load = [](const std::string& name) {
    return message_of([&] { load_shared_library(name, "/nowhere"); });
  };
  EXPECT_TRUE(contains(load("libmissing_thing.so"), "there is no such file"));
  EXPECT_TRUE(contains(load("./folder/libmissing.so"),
                       "there is no such file; looked for /nowhere/folder/libmissing.so"));
  const auto text = seco::test::temporary("text.so");
  std::ofstream(text) << "not a library";
  EXPECT_TRUE(contains(load(text), "is not a shared library"));
  EXPECT_TRUE(contains(load(seco::test::temporary_folder().string()), "is a folder"));
  EXPECT_TRUE(
      contains(load(library("seco_test_unresolved")), "a_function_that_no_library_defines"));
  const auto interface = load(library("seco_test_other_interface"));
  EXPECT_TRUE(contains(interface, "another version of the plugin interface")) << interface;
  EXPECT_TRUE(contains(interface, "seco_plugin_interface_0_dealii_8_0")) << interface;
  EXPECT_TRUE(
      contains(load(library("seco_test_no_plugin")), "registers no material and no engine"));
}

TEST(Registry, DuplicateNamesAreRefusedNamingBothFiles) {
  // In a process of its own, since a failed registration makes every later use of the registry
  // fail.
  EXPECT_EXIT(
      {
        std::cerr << message_of([] { load_shared_library(library("seco_test_duplicate"), ""); });
        std::cerr << " later: " << message_of([] { registered_materials<2>(); });
        std::_Exit(0);
      },
      testing::ExitedWithCode(0),
      "'linear elastic' is registered twice.*linear_elastic.cc.*duplicate.cc.*later: .*twice");
}

TEST(Registry, UnknownNamesListTheKnownOnesAndTheNearest) {
  dealii::ParameterHandler handler;
  declare_material_parameters<3>(handler);
  const auto message = message_of([&] { make_material<3>("homogenised", handler, {}); });
  EXPECT_TRUE(contains(message, "linear elastic")) << message;
  EXPECT_TRUE(contains(message, "Did you mean 'homogenized'")) << message;
}

TEST(Parameters, TagsOfAKeyTravelWithItsDeclaration) {
  dealii::ParameterHandler handler;
  declare_material_parameters<3>(handler);
  handler.declare_entry("Table", "", dealii::Patterns::FileName(), "of another declaration");
  const auto traits = parameter_traits(handler);
  const auto of = [&](const std::string& key) { return traits.at({"homogenized", key}); };
  for (const char* key : {"Device", "Chunk memory", "Result cache", "Result cache limit",
                          "Files of unconverged RVEs"})
    EXPECT_TRUE(of(key).changeable_on_restart) << key;
  for (const char* key : {"Engine", "Tolerance", "Surrogate model", "Seed per"})
    EXPECT_FALSE(of(key).changeable_on_restart) << key;
  for (const char* key : {"Surrogate model", "RVE file", "Refinement model", "Result cache"})
    EXPECT_TRUE(of(key).is_path) << key;
  EXPECT_FALSE(of("Engine").is_path);
  EXPECT_TRUE(traits.at({"", "Table"}).is_path);
  EXPECT_EQ(of("Refinement engine").former_names, std::vector<std::string>{"Polish engine"});
}

TEST(Parameters, FormerNamesOfKeysAreUnderstoodAndSaid) {
  const auto read = [](const std::string& lines, dealii::ParameterHandler& handler) {
    declare_material_parameters<3>(handler);
    seco::materials::ParameterFile file("subsection homogenized\n" + lines + "end\n", "run.prm");
    for (const auto& problem : use_present_names(file, parameter_traits(handler)))
      throw std::invalid_argument(problem.text);
    set_parameters(handler, file);
    return file.notes();
  };
  dealii::ParameterHandler handler;
  const auto notes = read("set Polish engine = fft\nset Files of doubtful RVEs = 7\n", handler);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0],
            "run.prm:3: 'Files of doubtful RVEs' is now called 'Files of unconverged RVEs'");
  EXPECT_EQ(notes[1], "run.prm:2: 'Polish engine' is now called 'Refinement engine'");
  EXPECT_EQ(parameter_values(handler).at({"homogenized", "Refinement engine"}), "fft");
  const auto both = message_of([&] {
    dealii::ParameterHandler other;
    read("set Polish tolerance = 1e-3\nset Refinement tolerance = 1e-4\n", other);
  });
  for (const char* part : {"run.prm:2", "'Polish tolerance'", "'homogenized'", "'1e-3'",
                           "former name of 'Refinement tolerance'"})
    EXPECT_TRUE(contains(both, part)) << both;
}

TEST(Parameters, MessagesNameFileLineSectionKeyValueAndWhatIsAllowed) {
  const auto refuse = [](const std::string& text) {
    dealii::ParameterHandler handler;
    handler.enter_subsection("Solver");
    handler.declare_entry("Tolerance", "1e-6", dealii::Patterns::Double(0, 1), "");
    handler.leave_subsection();
    return message_of(
        [&] { set_parameters(handler, seco::materials::ParameterFile(text, "run.prm")); });
  };
  const auto value = refuse("subsection Solver\n  set Tolerance = 7\nend\n");
  for (const char* part : {"run.prm:2", "Solver", "Tolerance", "'7'", "0...1"})
    EXPECT_TRUE(contains(value, part)) << value;
  EXPECT_TRUE(
      contains(refuse("subsection Solver\n set Tolerence = 1\nend\n"), "did you mean 'Tolerance'"));
  EXPECT_TRUE(
      contains(refuse("subsection Solvers\n set Tolerance = 1\nend\n"), "did you mean 'Solver'"));
  EXPECT_EQ(refuse("subsection Solver\n  set Tolerance = 0.5\nend\n"), "no error");
}
