#pragma once

#include <cfenv>
#include <exception>
#include <mutex>
#include <new>
#include <stdexcept>

#include "seco/seco.h"

namespace seco::c_interface {

/// What cannot be answered although the input is right; its message is for the user.
class NoResult : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Keeps what `seco_message` tells this thread; a long text is cut.
void keep_message(const char* text) noexcept;
const char* kept_message() noexcept;

/// @throws std::invalid_argument with the message unless the condition holds
void require(bool condition, const char* message);

/// Materials are created one at a time: neither HDF5 nor the engines are made for several threads.
std::mutex& creation_mutex();

/// Libraries inside may compute with infinities; a caller that traps floating-point exceptions must
/// not be killed by that.
class FloatingPointEnvironment {
 public:
  FloatingPointEnvironment() { std::feholdexcept(&environment_); }
  ~FloatingPointEnvironment() { std::fesetenv(&environment_); }
  FloatingPointEnvironment(const FloatingPointEnvironment&) = delete;
  FloatingPointEnvironment& operator=(const FloatingPointEnvironment&) = delete;

 private:
  std::fenv_t environment_{};
};

/// Runs an action that returns a seco_result; nothing is thrown.
template <typename Action>
int guarded(const Action& action) noexcept {
  const FloatingPointEnvironment environment;
  try {
    return action();
  } catch (const NoResult& error) {
    keep_message(error.what());
  } catch (const std::bad_alloc&) {
    keep_message("out of memory");
  } catch (const std::invalid_argument& error) {
    keep_message(error.what());
    return SECO_BAD_INPUT;
  } catch (const std::exception& error) {
    keep_message(error.what());
  } catch (...) {
    keep_message("an error of unknown kind");
  }
  return SECO_FAILED;
}

/// @throws std::invalid_argument naming component and point of a strain that is no finite number
void check_strains(const char* argument, const double* strain, int n_points, int n_components);

}  // namespace seco::c_interface
