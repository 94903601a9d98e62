#include "kernel_table.h"

namespace seco::surrogate {

// Compiled where there is no CUDA compiler: the portable kernels do the work on a GPU.
std::optional<KernelTable> cuda_kernels() {
  return std::nullopt;
}

}  // namespace seco::surrogate
