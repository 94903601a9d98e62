// What the interface in C answers to wrong input: a code, a message, and nothing written.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <vector>

#include "small_rve.h"

using namespace seco::test;

namespace {

const char* const material_section = "Material 0/homogenized";

/// A creation that must be refused as bad input, with all parts in the message.
void refused(const std::function<int(seco_material**)>& create,
             const std::vector<std::string>& parts) {
  int other = 0;
  auto* material = reinterpret_cast<seco_material*>(&other);
  EXPECT_EQ(create(&material), SECO_BAD_INPUT);
  EXPECT_EQ(material, nullptr);
  for (const auto& part : parts)
    EXPECT_NE(std::string(seco_message()).find(part), std::string::npos) << part << "\n"
                                                                         << seco_message();
}

}  // namespace

TEST(CInterfaceErrors, FilesEnginesAndModelsAreNamed) {
  const auto folder = new_folder("files");
  const auto file = write_composite(folder);
  const auto text = (folder / "text.h5").string();
  std::ofstream(text) << "no HDF5 file";
  const auto from = [](const char* rve, const char* engine, const char* model, double tolerance) {
    return
        [=](seco_material** m) { return seco_create_from_rve(rve, engine, model, tolerance, m); };
  };
  refused(from("/no/such.h5", "fft", nullptr, 0), {"/no/such.h5"});
  refused(from(text.c_str(), "fft", nullptr, 0), {"text.h5"});
  refused(from(file.c_str(), "ftt", nullptr, 0), {"ftt", "fft", "s-eco"});
  refused(from(file.c_str(), "s-eco", nullptr, 0), {"s-eco", "model"});
  refused(from(file.c_str(), "s-eco", "/no/model", 0), {"/no/model"});
  refused(from(file.c_str(), "s-eco", SECO_SOURCE "/models/pores_2d", 0), {"2D", "3D"});
  refused(from(file.c_str(), "fft", nullptr, -1), {"tolerance", "-1"});
  refused(from(file.c_str(), "fft", nullptr, NAN), {"tolerance", "nan"});
  refused(from(nullptr, "fft", nullptr, 0), {"rve_file"});
  refused(from(file.c_str(), nullptr, nullptr, 0), {"engine"});
  EXPECT_EQ(seco_create_from_rve(file.c_str(), "fft", nullptr, 0, nullptr), SECO_BAD_INPUT);
  EXPECT_NE(std::string(seco_message()).find("material"), std::string::npos);
}

TEST(CInterfaceErrors, ParametersAreNamedWithFileLineSectionAndKey) {
  const auto folder = new_folder("parameters");
  const auto with = [&](const std::string& more, const std::string& microstructure = "") {
    const auto file = write_parameters(folder, more, microstructure);
    return [=](seco_material** m) {
      return seco_create_from_parameters(file.c_str(), material_section, 1, nullptr, m);
    };
  };
  refused(with("set Engine = ftt"), {"composite.prm:6", material_section, "Engine", "ftt", "fft"});
  refused(with("set Engin = fft"), {"Engin", "Engine"});
  refused(with("", "set Sead = 3"), {"Microstructure", "Sead", "Seed"});
  refused(with("set Tolerance = small"), {"Tolerance", "small"});
  refused(with("set Audit tolerance = 7"), {"composite.prm:6", "Audit tolerance", "'7'", "0.5"});
  refused(with("set Polish engine = fft\nset Refinement engine = fft"),
          {"composite.prm:6", "'Polish engine'", "former name of 'Refinement engine'"});
  refused(with("subsection certified\nset First check = -1\nend"),
          {"certified", "First check", "'-1'", "from 0"});
  refused(with("set Volume fraction = 0.1*x"), {"Volume fraction", "0.1*x", "seco-macro"});
  refused(with("set RVE = file\nset RVE file = no.h5"), {"RVE file", "no.h5"});
  refused(with("", "set Grid = 8, 8"), {"Grid", "Dimension"});
  refused(with("", "set Type = spheres"), {"Type", "spheres", "inclusions"});
  const auto file = write_parameters(folder);
  refused(
      [&](auto** m) {
        return seco_create_from_parameters("/no.prm", material_section, 1, nullptr, m);
      },
      {"/no.prm"});
  refused(
      [&](auto** m) {
        return seco_create_from_parameters(file.c_str(), material_section, 0, nullptr, m);
      },
      {"n_rves", "0"});
  const std::vector<double> fractions{0.1, 1.5};
  refused(
      [&](auto** m) {
        return seco_create_from_parameters(file.c_str(), material_section, 2, fractions.data(), m);
      },
      {"volume_fraction", "entry 1", "1.5"});
}

TEST(CInterfaceErrors, ASectionThatIsNotThereIsNotTakenWithItsDefaults) {
  const auto folder = new_folder("sections");
  const auto file = write_parameters(folder, "set Engine = hill", "");
  for (const std::string wrong : {"Material 0/homogenised", "Material 1/homogenized", "Material"})
    refused(
        [&](seco_material** m) {
          return seco_create_from_parameters(file.c_str(), wrong.c_str(), 1, nullptr, m);
        },
        {file, "'" + wrong + "'", material_section});
}

TEST(CInterfaceErrors, EvaluationRefusesWrongArgumentsAndWritesNothing) {
  const auto material = from_rve(write_composite(new_folder("arguments")), "hill");
  ASSERT_TRUE(material);
  std::vector<double> strain(12, 1e-3), stress(12, 7.);
  const auto refuses = [&](int result, const std::vector<std::string>& parts) {
    EXPECT_EQ(result, SECO_BAD_INPUT);
    for (const auto& part : parts)
      EXPECT_NE(std::string(seco_message()).find(part), std::string::npos) << seco_message();
    EXPECT_EQ(stress, std::vector<double>(12, 7.));
  };
  const auto evaluate = [&](int notation, int n, const int* rve) {
    return seco_evaluate(material.get(), notation, n, rve, strain.data(), stress.data(), nullptr,
                         nullptr);
  };
  refuses(evaluate(17, 2, nullptr), {"notation", "17", "SECO_ABAQUS"});
  refuses(evaluate(SECO_VOIGT, -1, nullptr), {"n_points", "-1"});
  const int rves[] = {0, 1};
  refuses(evaluate(SECO_VOIGT, 2, rves), {"rve", "1", "from 0 to 0"});
  strain[9] = NAN;
  refuses(evaluate(SECO_VOIGT, 2, nullptr), {"component 3 of point 1", "nan"});
  refuses(seco_evaluate(material.get(), SECO_VOIGT, 1, nullptr, nullptr, stress.data(), nullptr,
                        nullptr),
          {"strain"});
  refuses(seco_evaluate(nullptr, SECO_VOIGT, 1, nullptr, strain.data(), stress.data(), nullptr,
                        nullptr),
          {"material"});
  refuses(seco_bounds(material.get(), SECO_VOIGT, 3, stress.data(), nullptr), {"rve", "3"});
  EXPECT_EQ(evaluate(SECO_VOIGT, 0, nullptr), SECO_OK);
  EXPECT_EQ(seco_dimension(nullptr), 0);
  EXPECT_EQ(seco_n_rves(nullptr), 0);
  EXPECT_STREQ(seco_unit(nullptr), "");
  seco_destroy(nullptr);
}

TEST(CInterfaceErrors, UnreliableResultsAreUsableAndSaid) {
  const auto folder = new_folder("unreliable");
  const auto unreliable = [&](const std::string& more, const std::string& part) {
    const auto file = write_parameters(folder, more);
    seco_material* material = nullptr;
    EXPECT_EQ(seco_create_from_parameters(file.c_str(), material_section, 2, nullptr, &material),
              SECO_UNRELIABLE);
    EXPECT_NE(std::string(seco_message()).find(part), std::string::npos) << seco_message();
    ASSERT_TRUE(material);
    const double strain[6] = {1e-3};
    double stress[6] = {};
    EXPECT_EQ(seco_evaluate(material, SECO_VOIGT, 1, nullptr, strain, stress, nullptr, nullptr),
              SECO_UNRELIABLE);
    EXPECT_GT(stress[0], 3.);
    EXPECT_EQ(seco_rve_status(material, 1), SECO_UNRELIABLE);
    EXPECT_NE(std::string(seco_message()).find("RVE 1"), std::string::npos) << seco_message();
    seco_destroy(material);
  };
  unreliable("set Engine = fft\nset Largest number of iterations = 1", "not converged");
  unreliable("set Engine = voigt\nset Largest gap = 0.01", "Largest gap");
}
