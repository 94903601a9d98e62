#pragma once

#include <exception>
#include <functional>
#include <string>

namespace seco::test {

/// What the exception of a call says, or "no error".
inline std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace seco::test
