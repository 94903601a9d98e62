#pragma once

#include <torch/types.h>

#include <string>

namespace seco::surrogate {

/// The device that `auto`, `cpu`, `cuda` or `cuda:N` names on this machine. With `auto` and `cuda`
/// the ranks of a node take its GPUs round-robin.
/// @throws std::invalid_argument if the name is not one of these or there is no such device.
torch::Device select_device(const std::string& name);

/// Sets the number of CPU threads of LibTorch, which otherwise may count one on a small machine:
/// OMP_NUM_THREADS if set, else the cores of the node shared by its ranks.
void set_thread_count();

/// Memory in MiB for the fields of one chunk of RVEs: what is asked for or, with 0, 1024 on the CPU
/// and on a GPU half of what is free there now for the ranks that share it.
double chunk_memory(double asked, const torch::Device& device);

/// Bytes of main memory that programs can still get, 0 if the system does not tell.
double available_memory();

/// `single` or `double`. @throws std::invalid_argument for anything else.
torch::Dtype precision_from(const std::string& name);

}  // namespace seco::surrogate
