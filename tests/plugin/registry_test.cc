#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "../support/message_of.h"
#include "seco/materials/parameter_reader.h"
#include "seco/plugin/parameters.h"
#include "seco/plugin/registration.h"
#include "seco/plugin/shared_library.h"
#include "seco/surrogate/engine.h"

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
  material->evaluate({&strain, 1}, response);
  EXPECT_DOUBLE_EQ(response.stress[0][0][1], 1.5);
}

TEST(Loader, TheSEcoEngineComesWithItsLibraryOnly) {
  const auto known = [] {
    const auto names = seco::surrogate::engine_names();
    return std::find(names.begin(), names.end(), "s-eco") != names.end();
  };
  EXPECT_FALSE(known());
  load_shared_library("libseco_s_eco.so", "");  // found beside the plugin library
  EXPECT_TRUE(known());
}

TEST(Loader, SaysWhatIsWrongWithALibrary) {
  const auto load = [](const std::string& name) {
    return message_of([&] { load_shared_library(name, "/nowhere"); });
  };
  EXPECT_TRUE(contains(load("libmissing_thing.so"), "there is no such file"));
  EXPECT_TRUE(contains(load("./folder/libmissing.so"),
                       "there is no such file; looked for /nowhere/folder/libmissing.so"));
  const auto text = testing::TempDir() + "/text.so";
  std::ofstream(text) << "not a library";
  EXPECT_TRUE(contains(load(text), "is not a shared library"));
  EXPECT_TRUE(contains(load(testing::TempDir()), "is a folder"));
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
