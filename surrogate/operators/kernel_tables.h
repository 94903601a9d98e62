#pragma once

#include "kernel_table.h"

namespace seco::surrogate {

/// The kernels for fields of a type on a device: the only place that asks for either. The portable
/// ones for types and devices that no other table takes.
const KernelTable& kernels_of(const torch::TensorOptions& options);
const KernelTable& kernels_of(const torch::Tensor& field);

/// All tables that this build has, the portable one first.
const std::vector<const KernelTable*>& kernel_tables();

/// Names of the entries that a table has itself; the others are those of the portable table.
std::vector<std::string> own_kernels(const KernelTable& table);

/// Whether a table has an entry itself. @param entry such as `&KernelEntries::energies`
template <typename Entry>
bool owns(const KernelTable& table, Entry KernelEntries::*entry) {
  return table.*entry != kernel_tables().front()->*entry;
}

/// Whether work on a device is only queued, so that to look at a result is to wait for it.
bool is_asynchronous(const torch::Device& device);

}  // namespace seco::surrogate
