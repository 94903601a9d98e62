// Points with a history behind the interface in C go along a load path as Deformation does.
#include "seco/points.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>
#include <vector>

#include "load_cycle.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/phase_laws.h"
#include "seco/surrogate/deformation.h"
#include "small_rve.h"
#include "support/run_command.h"

using namespace seco::test;
using seco::materials::MandelMatrix;
using seco::materials::MandelVector;

namespace {

const char* const section = "Material 0/homogenized laws";
const std::string exact =
    "    set Stop on = residual\n    set Tolerance = 1e-10\n    set Tangent change = 0\n";

/// Laws of a plastic matrix and of elastic particles.
void write_laws(const std::filesystem::path& folder) {
  std::ofstream(folder / "laws.prm")
      << "subsection Phase 0\n  set Law = J2 plasticity\n  set Young modulus = 70000\n"
         "  set Poisson ratio = 0.33\n  set Yield stress = 100\n  set Hardening modulus = 1000\n"
         "end\nsubsection Phase 1\n  set Law = linear elastic\n  set Young modulus = 400000\n"
         "  set Poisson ratio = 0.2\nend\n";
}

/// A parameter file of the small composite with laws. @return its path
std::string write_points(const std::filesystem::path& folder, const std::string& more = exact,
                         const std::string& laws = "laws.prm") {
  write_laws(folder);
  const auto path = (folder / "points.prm").string();
  std::ofstream(path) << "subsection Material 0\n  subsection homogenized laws\n"
                      << (laws.empty() ? "" : "    set Laws = " + laws + "\n") << more
                      << "    subsection Microstructure\n      set Type = inclusions\n"
                         "      set Grid = 8, 8, 8\n      set Volume fraction = 0.2\n"
                         "      set Number of inclusions = 3\n      set Seed = 5\n"
                         "    end\n  end\nend\n";
  return path;
}

using Points = std::unique_ptr<seco_points, decltype(&seco_points_destroy)>;
Points create(const std::string& file, int n_points = 1) {
  seco_points* points = nullptr;
  EXPECT_EQ(seco_points_create(file.c_str(), section, 1, nullptr, n_points, nullptr, &points),
            SECO_OK)
      << seco_message();
  return {points, &seco_points_destroy};
}

/// The same RVE and laws without the interface.
seco::surrogate::LawRve law_rve(const std::filesystem::path& folder) {
  const auto rve = seco::materials::generate(small_composite());
  const auto file = seco::materials::ParameterFile::read((folder / "laws.prm").string());
  return {rve, seco::materials::laws_of_file(file, rve, false)};
}

/// A direction without symmetries, in Voigt notation: normal strains, engineering shears 23 13 12.
constexpr std::array<double, 6> direction{1, -0.4, -0.35, 0.1, -0.3, 0.2};
/// Elastic, loading twice, unloading, reversed loading.
const std::vector<double> cycle{5e-4, 3e-3, 6e-3, 4e-3, 1e-3, -4e-3};

std::array<double, 6> voigt(double factor) {
  auto e = direction;
  for (auto& c : e) c *= factor;
  return e;
}
/// From Voigt to the order of Abaqus: 12 13 23.
std::array<double, 6> abaqus(const std::array<double, 6>& v) {
  return {v[0], v[1], v[2], v[5], v[4], v[3]};
}
MandelVector mandel(const std::array<double, 6>& v) {
  MandelVector e(6);
  for (int c = 0; c < 6; ++c) e[c] = v[c] * (c < 3 ? 1 : M_SQRT1_2);
  return e;
}

/// What a path of these factors gives, exactly.
std::vector<seco::surrogate::IncrementResult> along(const std::filesystem::path& folder,
                                                    const std::vector<double>& factors,
                                                    bool plane = false) {
  seco::surrogate::DeformationSettings settings;
  settings.device = "cpu";
  settings.tolerance = 1e-10;
  settings.criterion = seco::surrogate::StopCriterion::residual;
  seco::surrogate::Deformation deformation({law_rve(folder)}, settings);
  std::vector<seco::surrogate::IncrementResult> results;
  for (const double factor : factors) {
    auto e = voigt(factor);
    if (plane) e[2] = e[3] = e[4] = 0;
    const seco::surrogate::LoadIncrement increment{static_cast<double>(results.size() + 1),
                                                   std::vector<bool>(6, false), mandel(e),
                                                   MandelVector::Zero(6)};
    results.push_back(deformation.advance({&increment, 1}).front());
  }
  return results;
}

double largest_stress(const std::vector<seco::surrogate::IncrementResult>& path) {
  double largest = 0;
  for (const auto& r : path) largest = std::max(largest, r.stress.norm());
  return largest;
}

void expect_refused(int result, const std::vector<std::string>& parts) {
  EXPECT_EQ(result, SECO_BAD_INPUT);
  for (const auto& part : parts)
    EXPECT_NE(std::string(seco_message()).find(part), std::string::npos) << part << "\n"
                                                                         << seco_message();
}

}  // namespace

TEST(CPoints, FollowALoadCycleAsTheRveDoes) {
  const auto folder = new_folder("cycle");
  const auto points = create(write_points(folder), 2);
  ASSERT_TRUE(points);
  EXPECT_EQ(seco_points_number(points.get()), 2);
  EXPECT_EQ(seco_points_dimension(points.get()), 3);
  EXPECT_EQ(seco_points_n_components(points.get()), 6);
  EXPECT_STREQ(seco_points_unit(points.get()), "MPa");
  const auto path = along(folder, cycle);
  const double scale = largest_stress(path);
  ASSERT_GT(path[5].tangent.norm(), 0);
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    SCOPED_TRACE(i);
    // The second point is evaluated at another strain; other strains of the first leave nothing.
    const auto e = abaqus(voigt(cycle[i])), other = abaqus(voigt(0.5 * cycle[i]));
    double both[12];
    std::copy(e.begin(), e.end(), both);
    std::copy(other.begin(), other.end(), both + 6);
    const int first = 0;
    const auto far = abaqus(voigt(1.3 * cycle[i]));
    ASSERT_EQ(seco_points_evaluate(points.get(), SECO_ABAQUS, 1, &first, 1, far.data(), nullptr,
                                   nullptr, nullptr, nullptr, nullptr, nullptr),
              SECO_OK);
    double s[12], tangent[72], energy[2], gap[2], error[2], fraction[2];
    ASSERT_EQ(seco_points_evaluate(points.get(), SECO_ABAQUS, 2, nullptr, 1, both, s, tangent,
                                   energy, gap, error, fraction),
              SECO_OK)
        << seco_message();
    const auto& expected = path[i];
    constexpr int order[] = {0, 1, 2, 5, 4, 3};
    for (int a = 0; a < 6; ++a) {
      const double w = a < 3 ? 1 : M_SQRT1_2;
      EXPECT_NEAR(s[a], w * expected.stress[order[a]], 1e-10 * scale);
      EXPECT_GT(std::abs(s[a] - s[6 + a]), 1e-4 * scale);
      for (int b = 0; b < 6; ++b)
        EXPECT_NEAR(tangent[6 * a + b],
                    w * expected.tangent(order[a], order[b]) * (b < 3 ? 1 : M_SQRT1_2),
                    0.02 * expected.tangent.norm());
    }
    EXPECT_NEAR(energy[0], expected.energy_upper, 1e-9 * std::abs(expected.energy_upper));
    EXPECT_EQ(fraction[0], 1);
    ASSERT_EQ(seco_points_accept(points.get(), 0, nullptr), SECO_OK);
  }
  double plastic = 0;
  ASSERT_EQ(seco_points_mean_state(points.get(), 0, "equivalent plastic strain", &plastic),
            SECO_OK);
  EXPECT_GT(plastic, 5e-3);
}

TEST(CPoints, GuaranteeWhatTheyAreAskedFor) {
  const auto folder = new_folder("guarantee");
  const auto points = create(write_points(folder, "    set Tolerance = 1e-2\n"));
  const auto path = along(folder, {cycle[0], cycle[1], cycle[2]});
  for (const std::size_t i : {0, 1, 2}) {
    const auto e = voigt(cycle[i]);
    double s[6], energy, gap, error;
    ASSERT_EQ(seco_points_evaluate(points.get(), SECO_VOIGT, 1, nullptr, 1, e.data(), s, nullptr,
                                   &energy, &gap, &error, nullptr),
              SECO_OK)
        << seco_message();
    // From states that agree to the tolerance.
    EXPECT_GE(energy, path[i].energy_upper * (1 - 1e-3));
    EXPECT_LE(energy - gap, path[i].energy_upper * (1 + 1e-3));
    EXPECT_GT(error, 0);
    EXPECT_LE(error, 1e-2);
    ASSERT_EQ(seco_points_accept(points.get(), 0, nullptr), SECO_OK);
  }
}

TEST(CPoints, CallersInC90GetTheSameStress) {
  const auto folder = new_folder("c90");
  const auto file = write_points(folder);
  const auto path = along(folder, cycle);
  std::vector<double> strain, stress(6 * cycle.size());
  for (const double factor : cycle)
    for (const double c : voigt(factor)) strain.push_back(c);
  ASSERT_EQ(
      follow_strains(file.c_str(), static_cast<int>(cycle.size()), strain.data(), stress.data()),
      SECO_OK)
      << seco_message();
  for (std::size_t i = 0; i < cycle.size(); ++i)
    for (int c = 0; c < 6; ++c)
      EXPECT_NEAR(stress[6 * i + static_cast<std::size_t>(c)],
                  path[i].stress[c] * (c < 3 ? 1 : M_SQRT1_2), 1e-10 * largest_stress(path));
}

// A host that calls as Abaqus does: iterations, cuts, and increments whose end nobody announces.
TEST(CPoints, IncrementsEndWhenTheNextOneBegins) {
  const auto folder = new_folder("increments");
  const auto points = create(write_points(folder), 3);
  const auto path = along(folder, cycle);
  const double scale = largest_stress(path);
  int point = -1, same = -1, other = -1;
  ASSERT_EQ(seco_points_find(points.get(), 7, 2, &point), SECO_OK);
  ASSERT_EQ(seco_points_find(points.get(), 7, 1, &other), SECO_OK);
  ASSERT_EQ(seco_points_find(points.get(), 7, 2, &same), SECO_OK);
  EXPECT_EQ(point, same);
  EXPECT_NE(point, other);
  // Not a number that a double has exactly, so that times differ by round-off.
  const double step = 0.1;
  double before = 0, time = 0;
  const auto ask = [&](double begin, double length, double from, double to, double* s) {
    const auto e = voigt(from), de = voigt(to - from);
    return seco_points_increment(points.get(), SECO_VOIGT, point, begin, length, e.data(),
                                 de.data(), s, nullptr, nullptr, nullptr, nullptr, nullptr);
  };
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    double s[6];
    // Too long a step that is cut, then an iteration.
    ASSERT_EQ(ask(time, 2 * step, before, 1.5 * cycle[i], nullptr), SECO_OK) << seco_message();
    ASSERT_EQ(ask(time, step, before, 0.9 * cycle[i], nullptr), SECO_OK) << seco_message();
    ASSERT_EQ(ask(time, step, before, cycle[i], s), SECO_OK) << seco_message();
    for (int c = 0; c < 6; ++c)
      EXPECT_NEAR(s[c], path[i].stress[c] * (c < 3 ? 1 : M_SQRT1_2), 1e-10 * scale) << i;
    before = cycle[i];
    time += step;
  }
  // Times and strains that are those of no increment, and nothing changes.
  expect_refused(ask(time + 0.5 * step, step, before, before, nullptr), {"point 0", "0.65", "0.6"});
  expect_refused(ask(time, step, 0.99 * before, before, nullptr), {"point 0", "strain"});
  expect_refused(ask(time - 2 * step, step, before, before, nullptr), {"point 0"});
  double s[6];
  ASSERT_EQ(ask(time - step, step, cycle[4], before, s), SECO_OK) << seco_message();
  EXPECT_NEAR(s[0], path[5].stress[0], 1e-10 * scale);
  // An end that is announced counts once.
  ASSERT_EQ(seco_points_accept(points.get(), 0, nullptr), SECO_OK);
  expect_refused(ask(time - step, step, cycle[4], before, s), {"point 0", "ended at 0.6"});
  ASSERT_EQ(ask(time, step, before, before, s), SECO_OK) << seco_message();
  EXPECT_NEAR(s[0], path[5].stress[0], 1e-9 * scale);
}

TEST(CPoints, GoOnFromASavedState) {
  const auto folder = new_folder("saved");
  const auto file = write_points(folder);
  const auto points = create(file, 2), others = create(file, 2);
  const auto path = along(folder, cycle);
  int point = -1;
  ASSERT_EQ(seco_points_find(points.get(), 3, 1, &point), SECO_OK);
  ASSERT_EQ(seco_points_find(points.get(), 5, 8, &point), SECO_OK);
  ASSERT_EQ(point, 1);
  const auto step = [&](const Points& of, std::size_t i, double* s) {
    const double from = i == 0 ? 0 : cycle[i - 1];
    const auto e = voigt(from), de = voigt(cycle[i] - from);
    return seco_points_increment(of.get(), SECO_VOIGT, 1, static_cast<double>(i), 1, e.data(),
                                 de.data(), s, nullptr, nullptr, nullptr, nullptr, nullptr);
  };
  for (std::size_t i = 0; i < 4; ++i)
    ASSERT_EQ(step(points, i, nullptr), SECO_OK) << seco_message();
  // Evaluated, not accepted: the state is that at the begin of the fourth step.
  std::size_t n = 0;
  ASSERT_EQ(seco_points_save(points.get(), 1, nullptr, &n), SECO_OK);
  std::vector<char> bytes(n);
  auto room = n - 1;
  expect_refused(seco_points_save(points.get(), 1, bytes.data(), &room), {"n_bytes"});
  EXPECT_EQ(room, n);
  ASSERT_EQ(seco_points_save(points.get(), 1, bytes.data(), &n), SECO_OK);
  ASSERT_EQ(seco_points_restore(others.get(), 1, bytes.data(), bytes.size()), SECO_OK)
      << seco_message();
  ASSERT_EQ(seco_points_find(others.get(), 5, 8, &point), SECO_OK);
  EXPECT_EQ(point, 1);
  ASSERT_EQ(seco_points_find(others.get(), 3, 1, &point), SECO_OK);
  EXPECT_EQ(point, 0);
  for (std::size_t i = 3; i < cycle.size(); ++i) {
    double s[6];
    ASSERT_EQ(step(others, i, s), SECO_OK) << seco_message();
    for (int c = 0; c < 6; ++c)
      EXPECT_NEAR(s[c], path[i].stress[c] * (c < 3 ? 1 : M_SQRT1_2), 1e-10 * largest_stress(path));
  }
  // What is no state of such a point.
  expect_refused(seco_points_restore(others.get(), 1, bytes.data(), bytes.size() - 8), {"state"});
  expect_refused(seco_points_restore(others.get(), 1, bytes.data(), 7), {"7 bytes"});
  expect_refused(seco_points_restore(others.get(), 0, bytes.data(), bytes.size()),
                 {"element 5", "point 1"});
  bytes[0] ^= 1;
  expect_refused(seco_points_restore(others.get(), 1, bytes.data(), bytes.size()), {"no state"});
  bytes[0] ^= 1;
  std::ofstream(folder / "laws.prm", std::ios::app)
      << "subsection Phase 0\n  set Yield stress = 101\nend\n";
  seco_points* created = nullptr;
  ASSERT_EQ(seco_points_create(file.c_str(), section, 1, nullptr, 2, nullptr, &created), SECO_OK)
      << seco_message();
  const Points other_laws(created, &seco_points_destroy);
  expect_refused(seco_points_restore(other_laws.get(), 1, bytes.data(), bytes.size()),
                 {"other laws"});
}

TEST(CPoints, WithoutAnAnswerAskForAShorterStep) {
  const auto folder = new_folder("shorter");
  const auto points =
      create(write_points(folder, "    set Tolerance = 1e-4\n    set Newton steps = 1\n"), 2);
  const auto e = voigt(0.02), small = voigt(1e-4);
  double both[12], fraction[2]{7, 7}, s[12];
  std::copy(small.begin(), small.end(), both);
  std::copy(e.begin(), e.end(), both + 6);
  std::fill(s, s + 12, -7.);
  const auto evaluate = [&] {
    return seco_points_evaluate(points.get(), SECO_VOIGT, 2, nullptr, 1, both, s, nullptr, nullptr,
                                nullptr, nullptr, fraction);
  };
  EXPECT_EQ(evaluate(), SECO_SHORTER_STEP);
  for (const char* part : {"point 1", "Newton steps are used up"})
    EXPECT_NE(std::string(seco_message()).find(part), std::string::npos) << seco_message();
  EXPECT_EQ(fraction[0], 1);
  EXPECT_GT(fraction[1], 0);
  EXPECT_LT(fraction[1], 1);
  EXPECT_NE(s[0], -7);
  EXPECT_EQ(s[6], -7);
  // Neither point is accepted.
  expect_refused(seco_points_accept(points.get(), 0, nullptr), {"point 1", "no answer"});
  ASSERT_EQ(seco_points_reject(points.get(), 0, nullptr), SECO_OK);
  std::copy(small.begin(), small.end(), both + 6);
  EXPECT_EQ(evaluate(), SECO_OK) << seco_message();
  EXPECT_EQ(s[6], s[0]);
  EXPECT_EQ(seco_points_accept(points.get(), 0, nullptr), SECO_OK);
}

TEST(CPoints, ThreadsEvaluateDifferentPoints) {
  const auto folder = new_folder("threads");
  const auto points = create(write_points(folder, "    set Tolerance = 1e-3\n"), 4);
  const auto alone = create(write_points(folder, "    set Tolerance = 1e-3\n"), 1);
  const auto follow = [&](const Points& of, int point, std::vector<double>& stress) {
    for (const double factor : {2e-3, 4e-3, 1e-3}) {
      const auto e = voigt(factor);
      double s[6];
      if (seco_points_evaluate(of.get(), SECO_VOIGT, 1, &point, 1, e.data(), s, nullptr, nullptr,
                               nullptr, nullptr, nullptr) != SECO_OK ||
          seco_points_accept(of.get(), 1, &point) != SECO_OK)
        return;
      stress.insert(stress.end(), s, s + 6);
    }
  };
  std::vector<double> expected;
  follow(alone, 0, expected);
  ASSERT_EQ(expected.size(), 18u) << seco_message();
  std::vector<std::vector<double>> stress(4);
  std::vector<std::thread> threads;
  for (int p = 0; p < 4; ++p)
    threads.emplace_back([&, p] { follow(points, p, stress[static_cast<std::size_t>(p)]); });
  for (auto& thread : threads) thread.join();
  for (const auto& own : stress) {
    ASSERT_EQ(own.size(), expected.size());
    for (std::size_t i = 0; i < own.size(); ++i) EXPECT_NEAR(own[i], expected[i], 1e-6 * 500);
  }
}

TEST(CPoints, WrongInputIsRefused) {
  const auto folder = new_folder("wrong");
  const auto creation = [&](const std::string& file, const std::vector<std::string>& parts,
                            const char* where = section, int n_rves = 1, int n_points = 1,
                            const int* rve = nullptr) {
    int other = 0;
    auto* points = reinterpret_cast<seco_points*>(&other);
    expect_refused(seco_points_create(file.c_str(), where, n_rves, nullptr, n_points, rve, &points),
                   parts);
    EXPECT_EQ(points, nullptr);
  };
  const auto file = write_points(folder);
  creation("/no/such.prm", {"/no/such.prm"});
  creation(file, {"no section 'Material 1'", "Material 0/homogenized laws"}, "Material 1");
  creation(file, {"n_points is 0"}, section, 1, 0);
  creation(file, {"n_rves is 0"}, section, 0);
  const int rve = 3;
  creation(file, {"rve", "point 0 has RVE 3", "0 to 1"}, section, 2, 1, &rve);
  creation(file, {"20000000 points", "GiB", "free"}, section, 1, 20000000);
  creation(write_points(folder, exact, ""), {"points.prm", "'Laws'", "'Phase 0'"});
  creation(write_points(folder, exact, "none.prm"), {"none.prm"});
  creation(write_points(folder, "    set Tolerance = 2\n"), {"points.prm:4", "'Tolerance'", "'2'"});
  creation(write_points(folder, "    set Tolerence = 2\n"), {"'Tolerence'", "'Tolerance'"});
  std::ofstream(folder / "one_law.prm")
      << "subsection Phase 0\n  set Young modulus = 1\n  set Poisson ratio = 0\nend\n";
  creation(write_points(folder, exact, "one_law.prm"), {"one_law.prm", "phase 1", "no law"});
  EXPECT_EQ(seco_points_create(file.c_str(), section, 1, nullptr, 1, nullptr, nullptr),
            SECO_BAD_INPUT);

  const auto points = create(write_points(folder), 2);
  const auto e = voigt(1e-4);
  const auto evaluate = [&](int notation, int n, const int* point, double time_step,
                            const double* strain) {
    double s[12];
    return seco_points_evaluate(points.get(), notation, n, point, time_step, strain, s, nullptr,
                                nullptr, nullptr, nullptr, nullptr);
  };
  const int twice[] = {1, 1}, missing[] = {2}, negative[] = {-1};
  const double both[12]{};
  expect_refused(evaluate(7, 1, twice, 1, e.data()), {"notation is 7"});
  expect_refused(evaluate(SECO_VOIGT, 1, nullptr, 1, e.data()), {"n is 1", "allowed is 2"});
  expect_refused(evaluate(SECO_VOIGT, 2, twice, 1, both), {"twice"});
  expect_refused(evaluate(SECO_VOIGT, 1, missing, 1, e.data()), {"no point 2", "0 to 1"});
  expect_refused(evaluate(SECO_VOIGT, 1, negative, 1, e.data()), {"no point -1"});
  expect_refused(evaluate(SECO_VOIGT, -1, twice, 1, e.data()), {"n is -1"});
  expect_refused(evaluate(SECO_VOIGT, 1, twice, 0, e.data()), {"time_step is 0"});
  expect_refused(evaluate(SECO_VOIGT, 1, twice, NAN, e.data()), {"time_step is nan"});
  expect_refused(evaluate(SECO_VOIGT, 1, twice, 1, nullptr), {"strain is NULL"});
  const double infinite[] = {0, 0, std::numeric_limits<double>::infinity(), 0, 0, 0};
  expect_refused(evaluate(SECO_VOIGT, 1, twice, 1, infinite), {"component 2 of point 0", "inf"});
  int point = -1;
  expect_refused(seco_points_find(points.get(), -1, 1, &point), {"element -1"});
  for (const int q : {1, 2}) ASSERT_EQ(seco_points_find(points.get(), 1, q, &point), SECO_OK);
  expect_refused(seco_points_find(points.get(), 1, 3, &point),
                 {"point 3 of element 1", "2 points"});
  double mean = 0;
  expect_refused(seco_points_mean_state(points.get(), 0, "damage", &mean),
                 {"'damage'", "equivalent plastic strain"});
  ASSERT_EQ(seco_points_n_variables(points.get()), 1);
  EXPECT_STREQ(seco_points_variable(points.get(), 0), "equivalent plastic strain");
  for (const int v : {-1, 1}) EXPECT_STREQ(seco_points_variable(points.get(), v), "");
  EXPECT_EQ(seco_points_accept(nullptr, 0, nullptr), SECO_BAD_INPUT);
  EXPECT_EQ(seco_points_number(nullptr), 0);
  EXPECT_STREQ(seco_points_unit(nullptr), "");
  seco_points_destroy(nullptr);
}

#ifdef SECO_LAWS_DRIVER

namespace {

/// Runs the driver of the user material in a folder. @return the numbers it prints
std::vector<double> drive(const std::filesystem::path& folder, const std::string& argument) {
  const auto outcome =
      run_command("cd " + folder.string() +
                  " && SECO_POINTS=2 SECO_PARAMETERS=points.prm " SECO_LAWS_DRIVER " " + argument);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  std::vector<double> numbers;
  // Notes are sentences.
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    for (double value; words >> value;) numbers.push_back(value);
  }
  return numbers;
}

}  // namespace

// The example in Fortran goes along the same path, restarted or not.
TEST(CPoints, TheUserMaterialInFortranFollowsALoadCycle) {
  const auto folder = new_folder("umat");
  write_points(folder);
  const auto path = along(folder, cycle), plane = along(folder, cycle, /*plane=*/true);
  for (const std::string argument : {"", "restart"}) {
    const auto numbers = drive(folder, argument);
    ASSERT_EQ(numbers.size(), cycle.size() * (6 + 36 + 4) + 4);
    constexpr int order[] = {0, 1, 2, 5, 4, 3};
    const auto* at = numbers.data();
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      SCOPED_TRACE(argument + " " + std::to_string(i));
      const double scale = largest_stress(path);
      for (int a = 0; a < 6; ++a)
        EXPECT_NEAR(*at++, path[i].stress[order[a]] * (a < 3 ? 1 : M_SQRT1_2), 1e-10 * scale);
      for (int a = 0; a < 6; ++a)
        for (int b = 0; b < 6; ++b)
          EXPECT_NEAR(*at++,
                      path[i].tangent(order[a], order[b]) * (a < 3 ? 1 : M_SQRT1_2) *
                          (b < 3 ? 1 : M_SQRT1_2),
                      0.02 * path[i].tangent.norm());
      for (int a = 0; a < 4; ++a)
        EXPECT_NEAR(*at++, plane[i].stress[order[a]] * (a < 3 ? 1 : M_SQRT1_2), 1e-10 * scale);
    }
    // The mean plastic strain at the begin of the last increment.
    EXPECT_GT(at[1], 1e-3);
    EXPECT_GT(at[3], 1e-3);
  }
  const auto outcome = run_command("cd " + folder.string() +
                                   " && SECO_POINTS=1 SECO_PARAMETERS="
                                   "points.prm " SECO_LAWS_DRIVER);
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_NE(outcome.output.find("point 2 of element 17"), std::string::npos) << outcome.output;
}

#endif
