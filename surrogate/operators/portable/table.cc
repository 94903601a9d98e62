#include "portable_kernels.h"

namespace seco::surrogate {

KernelTable portable_kernels() {
  KernelTable table;
  table.name = "portable";
#define SECO_SET(entry) table.entry = portable::entry;
  SECO_FOR_EACH_KERNEL(SECO_SET)
#undef SECO_SET
  return table;
}

}  // namespace seco::surrogate
