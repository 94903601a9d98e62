#pragma once

#include <memory>

struct DLManagedTensor;

namespace seco::surrogate {

struct ReleaseDlpack {
  void operator()(DLManagedTensor* tensor) const;
};

/// A tensor on any device in the exchange format of array libraries (DLPack, before its version 1).
/// Its memory is that of whoever made it; nothing is copied.
using DlpackTensor = std::unique_ptr<DLManagedTensor, ReleaseDlpack>;

}  // namespace seco::surrogate
