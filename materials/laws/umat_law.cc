#include "umat_law.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>

#include "builtin_laws.h"

namespace seco::materials {
namespace {

/// All arguments by reference, as Fortran passes them, and the length of CMNAME at the end.
using Umat = void (*)(double* stress, double* statev, double* ddsdde, double* sse, double* spd,
                      double* scd, double* rpl, double* ddsddt, double* drplde, double* drpldt,
                      const double* stran, const double* dstran, const double* time,
                      const double* dtime, const double* temp, const double* dtemp,
                      const double* predef, const double* dpred, const char* cmname, const int* ndi,
                      const int* nshr, const int* ntens, const int* nstatv, const double* props,
                      const int* nprops, const double* coords, const double* drot, double* pnewdt,
                      const double* celent, const double* dfgrd0, const double* dfgrd1,
                      const int* noel, const int* npt, const int* layer, const int* kspt,
                      const int* kstep, const int* kinc, std::size_t cmname_length);

constexpr int name_length = 80;
/// Of the components 11 22 33 12 13 23 of Abaqus in Mandel notation.
constexpr int mandel_of[6] = {0, 1, 2, 5, 4, 3};
constexpr double weight_of[6] = {1, 1, 1, M_SQRT2, M_SQRT2, M_SQRT2};
/// Relative to the largest entry.
constexpr double largest_asymmetry = 1e-6;

bool finite(const double* values, std::size_t n) {
  return std::all_of(values, values + n, [](double v) { return std::isfinite(v); });
}

}  // namespace

struct UmatLaw::Library {
  std::string path;
  Umat umat = nullptr;
  /// Of gfortran: writes what all units hold, if the library has it.
  void (*flush)(const int*) = nullptr;
  std::mutex mutex;

  /// That of the user material which this thread is in, else null.
  static thread_local const Library* called;

  /// STOP in Fortran is exit(0): the program would end in the middle as if it had done its work.
  static void refuse_to_end() {
    if (called == nullptr) return;
    if (called->flush != nullptr) called->flush(nullptr);
    std::fflush(nullptr);
    fmt::print(
        stderr,
        "user material of '{}': it ended the program, as STOP does in Fortran; allowed is to "
        "return, with PNEWDT below 1 where the step is too long\n",
        called->path);
    // Other threads go on computing: nothing they use may be destroyed.
    _exit(EXIT_FAILURE);
  }

  /// One for all laws of a library, so that they take turns. Libraries stay loaded: those of
  /// Fortran and their runtime are not made for being unloaded.
  static std::shared_ptr<Library> load(const std::string& path) {
    static std::mutex guard;
    static std::map<void*, std::shared_ptr<Library>> loaded;
    const std::lock_guard<std::mutex> lock(guard);
    // Without a slash the system would search its own folders only.
    const auto name = path.find('/') == std::string::npos ? "./" + path : path;
    void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) throw std::runtime_error(dlerror());
    auto& library = loaded[handle];
    if (library != nullptr) return library;
    static const bool is_guarded =
        std::atexit(refuse_to_end) == 0 && std::at_quick_exit(refuse_to_end) == 0;
    if (!is_guarded) throw std::runtime_error("no function can be registered for std::exit");
    std::string errors;
    for (const char* symbol : {"umat_", "umat", "UMAT"}) {
      dlerror();
      if (void* found = dlsym(handle, symbol)) {
        library = std::make_shared<Library>();
        library->path = path;
        library->umat = reinterpret_cast<Umat>(found);
        library->flush =
            reinterpret_cast<void (*)(const int*)>(dlsym(handle, "_gfortran_flush_i4"));
        return library;
      }
      if (const char* error = dlerror())
        errors += fmt::format("{}{}", errors.empty() ? "" : "; ", error);
    }
    loaded.erase(handle);
    throw std::runtime_error(errors);
  }
};

thread_local const UmatLaw::Library* UmatLaw::Library::called = nullptr;

/// What goes in and comes out at a point, in notation and axes of the user material.
struct UmatLaw::Point {
  double stress[6] = {}, strain[6] = {}, increment[6] = {}, tangent[36] = {};
  /// At least one, since the user material gets its address.
  std::vector<double> state;
  double time = 0, time_step = 0, new_time_step = 1;
};

UmatLaw::UmatLaw(UmatSettings settings, const LawContext& context)
    : settings_(std::move(settings)),
      library_(Library::load(settings_.library)),
      unit_(context.unit),
      turn_(mandel_rotation(context.orientation.value_or(Rotation::Identity()))) {
  Point point;
  point.state = settings_.initial_state;
  // Short, so that laws with viscosity answer by their instantaneous stiffness; not 0, by which
  // they may divide.
  point.time_step = 1e-6;
  call(point);
  stiffness_ = tangent_of(point);
  if (Eigen::LLT<Eigen::Matrix<double, 6, 6>>(stiffness_).info() != Eigen::Success)
    fail("DDSDDE at zero strain is not positive definite");
}

UmatLaw::~UmatLaw() = default;

std::vector<StateVariable> UmatLaw::state_variables() const {
  std::vector<StateVariable> variables{{"stress", unit_, 6}, {"strain", "1", 6}, {"time", "1", 1}};
  if (!settings_.initial_state.empty())
    variables.push_back({"STATEV", "1", static_cast<int>(settings_.initial_state.size())});
  return variables;
}

std::vector<double> UmatLaw::initial_state() const {
  std::vector<double> state(13, 0.);
  state.insert(state.end(), settings_.initial_state.begin(), settings_.initial_state.end());
  return state;
}

Guarantee UmatLaw::guarantee() const {
  return {false, false, "laws in UMAT libraries have no energy that seco could bound"};
}

void UmatLaw::fail(const std::string& what) const {
  throw std::runtime_error(fmt::format("user material of '{}': {}", settings_.library, what));
}

void UmatLaw::call(Point& p) const {
  const int n_state = static_cast<int>(p.state.size()),
            n_constants = static_cast<int>(settings_.constants.size());
  // Arrays of the length 0 need an address too, and some user materials write to STATEV(1) always.
  if (p.state.empty()) p.state.resize(1);
  const double none[1] = {0}, *constants = n_constants > 0 ? settings_.constants.data() : none;
  char name[name_length];
  std::fill(name, name + name_length, ' ');
  std::copy(settings_.material_name.begin(), settings_.material_name.end(), name);
  const double identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, origin[3] = {}, field[1] = {0},
               times[2] = {p.time, p.time}, no_change = 0, length = 1;
  const int three = 3, six = 6, one = 1, steps[4] = {1, 0, 0, 0}, increment = p.time > 0 ? 2 : 1;
  double sse = 0, spd = 0, scd = 0, rpl = 0, by_temperature[6] = {}, heat[6] = {}, drpldt = 0;
  p.new_time_step = 1;
  std::unique_lock<std::mutex> lock(library_->mutex, std::defer_lock);
  if (!settings_.thread_safe) lock.lock();
  struct Call {
    explicit Call(const Library& library) { Library::called = &library; }
    ~Call() { Library::called = nullptr; }
  };
  const Call guard(*library_);
  library_->umat(p.stress, p.state.data(), p.tangent, &sse, &spd, &scd, &rpl, by_temperature, heat,
                 &drpldt, p.strain, p.increment, times, &p.time_step, &settings_.temperature,
                 &no_change, field, field, name, &three, &three, &six, &n_state, constants,
                 &n_constants, origin, identity, &p.new_time_step, &length, identity, identity,
                 &one, &one, &one, &one, steps, &increment, name_length);
  p.state.resize(static_cast<std::size_t>(n_state));
}

MandelMatrix UmatLaw::tangent_of(const Point& p) const {
  if (!finite(p.tangent, 36)) fail("DDSDDE is not finite");
  MandelMatrix tangent(6, 6);
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j)
      tangent(mandel_of[i], mandel_of[j]) = p.tangent[6 * j + i] * weight_of[i] * weight_of[j];
  const double error = asymmetry(tangent);
  if (error > largest_asymmetry && !settings_.symmetrise)
    fail(
        fmt::format("DDSDDE is not symmetric, by {:.1e} of its largest entry, and the solver needs "
                    "symmetric tangents; 'Symmetrise tangent' = true takes its symmetric part, "
                    "which changes no stress but may cost steps of Newton's method",
                    error));
  tangent = (0.5 * (tangent + tangent.transpose())).eval();
  return turn_ * tangent * turn_.transpose();
}

double UmatLaw::respond(const LawPoints& points, const LawAnswer& answer) const {
  using Vector6 = Eigen::Matrix<double, 6, 1>;
  using Matrix6 = Eigen::Matrix<double, 6, 6>;
  const auto n_user = settings_.initial_state.size();
  const Matrix6 turn = turn_;
  Point point;
  double fraction = 1;
  for (std::int64_t k = 0; k < points.n; ++k) {
    const auto state = [&](std::size_t i) {
      return points.state[static_cast<std::int64_t>(i) * points.stride + k];
    };
    Vector6 strain, old_strain, old_stress;
    for (int i = 0; i < 6; ++i) {
      strain[i] = points.field[i * points.stride + k];
      old_stress[i] = state(static_cast<std::size_t>(i));
      old_strain[i] = state(6 + static_cast<std::size_t>(i));
    }
    const Vector6 stress_in = turn.transpose() * old_stress,
                  strain_in = turn.transpose() * old_strain,
                  change = turn.transpose() * (strain - old_strain);
    for (int i = 0; i < 6; ++i) {
      point.stress[i] = stress_in[mandel_of[i]] / weight_of[i];
      point.strain[i] = strain_in[mandel_of[i]] * weight_of[i];
      point.increment[i] = change[mandel_of[i]] * weight_of[i];
    }
    std::fill(point.tangent, point.tangent + 36, 0.);
    point.time = state(12);
    point.time_step = points.time_step;
    point.state.resize(n_user);
    for (std::size_t i = 0; i < n_user; ++i) point.state[i] = state(13 + i);
    call(point);

    if (!(point.new_time_step > 0))
      fail(fmt::format("PNEWDT is {}; allowed are numbers above 0", point.new_time_step));
    if (point.new_time_step < 1) {
      fraction = std::min(fraction, point.new_time_step);
      continue;
    }
    if (!finite(point.stress, 6)) fail("STRESS is not finite");
    if (!finite(point.state.data(), n_user)) fail("STATEV is not finite");
    Vector6 stress;
    for (int i = 0; i < 6; ++i) stress[mandel_of[i]] = point.stress[i] * weight_of[i];
    stress = (turn * stress).eval();
    const auto put = [&](double* to, std::size_t i, double value) {
      if (to != nullptr) to[static_cast<std::int64_t>(i) * points.stride + k] = value;
    };
    for (std::size_t i = 0; i < 6; ++i) {
      put(answer.stress, i, stress[static_cast<int>(i)]);
      put(answer.state, i, stress[static_cast<int>(i)]);
      put(answer.state, 6 + i, strain[static_cast<int>(i)]);
    }
    put(answer.state, 12, point.time + points.time_step);
    for (std::size_t i = 0; i < n_user; ++i) put(answer.state, 13 + i, point.state[i]);
    put(answer.energy, 0, std::numeric_limits<double>::quiet_NaN());
    if (answer.tangent != nullptr) {
      const auto tangent = tangent_of(point);
      std::size_t at = 0;
      for (int i = 0; i < 6; ++i)
        for (int j = i; j < 6; ++j) put(answer.tangent, at++, tangent(i, j));
    }
  }
  return fraction;
}

void register_umat_law() {
  register_law(
      "umat",
      {"user material of Abaqus/Standard (UMAT) in a shared library; without energy, so "
       "that nothing is bounded",
       "set Library         = libj2_umat.so\n"
       "set UMAT constants  = 70e3, 0.3, 100, 2000\n"
       "set State variables = 1\n"},
      [](ParameterReader& reader, const std::string& section,
         const LawContext& context) -> std::shared_ptr<const Law> {
        UmatSettings settings;
        settings.library = reader.path(
            section, "Library", "",
            "shared library with the symbol 'umat_', 'umat' or 'UMAT', as by gfortran -shared "
            "-fPIC; solids in 3D, NTENS = 6; required");
        settings.constants =
            reader.numbers(section, "UMAT constants", {}, "PROPS, separated by commas");
        constexpr int most = 100000;
        const auto n_state = reader.integer(section, "State variables", 0, 0, most,
                                            "NSTATV, length of STATEV; required");
        settings.initial_state = reader.numbers(section, "Initial state variables", {},
                                                "STATEV at the beginning; all 0 by default");
        settings.material_name =
            reader.text(section, "Material name", "UMAT", "CMNAME, at most 80 characters");
        settings.temperature =
            reader.number(section, "Temperature", 0, std::numeric_limits<double>::lowest(),
                          std::numeric_limits<double>::max(), "TEMP");
        settings.thread_safe = reader.flag(
            section, "Thread safe", false,
            "whether calls may overlap: the user material has no COMMON blocks and no SAVE "
            "variables, and is compiled for recursive calls");
        settings.symmetrise = reader.flag(section, "Symmetrise tangent", false,
                                          "whether the symmetric part of DDSDDE is taken; "
                                          "otherwise an unsymmetric one is an error");
        if (settings.library.empty())
          reader.refuse(section, "Library", "the law needs it; allowed is a shared library");
        if (!reader.has(section, "State variables"))
          reader.refuse(section, "State variables",
                        "the law needs it; allowed are integers from 0: what the user material "
                        "writes beyond would destroy other data");
        if (settings.initial_state.empty())
          settings.initial_state.resize(static_cast<std::size_t>(n_state));
        if (settings.initial_state.size() != static_cast<std::size_t>(n_state))
          reader.refuse(
              section, "Initial state variables",
              fmt::format("allowed are as many numbers as 'State variables', {}", n_state));
        if (settings.material_name.size() > name_length)
          reader.refuse(section, "Material name", "allowed are at most 80 characters");
        try {
          return std::make_shared<UmatLaw>(settings, context);
        } catch (const std::runtime_error& error) {
          reader.refuse(section, "Library", error.what());
        }
      });
}

}  // namespace seco::materials
