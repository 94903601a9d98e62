#include "seco/surrogate/dlpack.h"

#include <ATen/DLConvertor.h>
#include <fmt/format.h>
#include <torch/cuda.h>

#include <stdexcept>

#include "dlpack_exchange.h"

namespace seco::surrogate {

void ReleaseDlpack::operator()(DLManagedTensor* tensor) const {
  if (tensor->deleter) tensor->deleter(tensor);
}

DlpackTensor to_dlpack(const torch::Tensor& tensor) {
  return DlpackTensor(at::toDLPack(tensor.detach()));
}

torch::Tensor from_dlpack(DlpackTensor tensor, const std::string& name) {
  if (!tensor) throw std::invalid_argument(fmt::format("'{}' is missing", name));
  const auto device = tensor->dl_tensor.device.device_type;
  const bool on_gpu = device == kDLCUDA;
  if ((device != kDLCPU && device != kDLCUDAHost && !on_gpu) ||
      (on_gpu && !torch::cuda::is_available()))
    throw std::invalid_argument(
        fmt::format("'{}' is on a device of DLPack's type {}, which this LibTorch does not have; "
                    "pass a copy in main memory",
                    name, static_cast<int>(device)));
  const auto type = tensor->dl_tensor.dtype;
  if ((type.code != kDLFloat && type.code != kDLBfloat) || type.lanes != 1)
    throw std::invalid_argument(
        fmt::format("'{}' holds no real floating numbers (DLPack's type code {}, {} bits)", name,
                    static_cast<int>(type.code), static_cast<int>(type.bits)));
  auto result = at::fromDLPack(tensor.get());
  static_cast<void>(tensor.release());
  return result;
}

}  // namespace seco::surrogate
