#include "fourier.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

#ifdef SECO_WITH_FFTW
#include "fftw.h"
#else
#include <torch/fft.h>
#endif

namespace seco::surrogate::cpu {

#ifdef SECO_WITH_FFTW
namespace {

template <typename Number>
typename Fftw<Number>::Complex* complex(Number* numbers) {
  return reinterpret_cast<typename Fftw<Number>::Complex*>(numbers);
}

}  // namespace

template <typename Number>
struct FourierTransform<Number>::Plans {
  using Plan = typename Fftw<Number>::Plan;
  Plan to_frequencies, to_plane, forward, backward;

  explicit Plans(const FourierTransform& t) {
    AlignedBuffer<Number> plane(t.plane_size_), block(2 * t.n_planes_ * t.block_width_),
        field(2 * t.n_planes_ * t.plane_stride_);
    const std::vector<int> shape(t.plane_shape_.begin(), t.plane_shape_.end());
    const int rank = static_cast<int>(shape.size()), n = static_cast<int>(t.n_planes_);
    const int width = static_cast<int>(t.block_width_), stride = static_cast<int>(t.plane_stride_);
    constexpr unsigned int flags = FFTW_MEASURE;
    to_frequencies =
        Fftw<Number>::forward(rank, shape.data(), plane.data(), complex(field.data()), flags);
    to_plane =
        Fftw<Number>::backward(rank, shape.data(), complex(field.data()), plane.data(), flags);
    forward =
        Fftw<Number>::many_complex(1, &n, width, complex(field.data()), nullptr, stride, 1,
                                   complex(block.data()), nullptr, width, 1, FFTW_FORWARD, flags);
    backward =
        Fftw<Number>::many_complex(1, &n, width, complex(block.data()), nullptr, width, 1,
                                   complex(field.data()), nullptr, stride, 1, FFTW_BACKWARD, flags);
    if (!to_frequencies || !to_plane || !forward || !backward)
      throw std::runtime_error("FFTW has no plan for a grid whose first axis has " +
                               std::to_string(n) + " voxels");
  }
  ~Plans() {
    for (const auto plan : {to_frequencies, to_plane, forward, backward})
      Fftw<Number>::destroy(plan);
  }
  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;
};

template <typename Number>
void FourierTransform<Number>::plane_to_frequencies(Number* plane, Number* frequencies) const {
  Fftw<Number>::run_forward(plans_->to_frequencies, plane, complex(frequencies));
}

template <typename Number>
void FourierTransform<Number>::frequencies_to_plane(Number* frequencies, Number* plane) const {
  Fftw<Number>::run_backward(plans_->to_plane, complex(frequencies), plane);
}

template <typename Number>
void FourierTransform<Number>::first_axis_forward(Number* frequencies, Number* block) const {
  Fftw<Number>::run_complex(plans_->forward, complex(frequencies), complex(block));
}

template <typename Number>
void FourierTransform<Number>::first_axis_backward(Number* block, Number* frequencies) const {
  Fftw<Number>::run_complex(plans_->backward, complex(block), complex(frequencies));
}

#else

template <typename Number>
struct FourierTransform<Number>::Plans {
  explicit Plans(const FourierTransform&) {}
};

namespace {

// Views of memory as tensors; complex ones from pairs.
template <typename Number>
torch::Tensor complex_view(Number* numbers, std::vector<std::int64_t> shape,
                           std::vector<std::int64_t> strides) {
  for (auto& s : strides) s *= 2;
  shape.push_back(2);
  strides.push_back(1);
  return torch::view_as_complex(torch::from_blob(
      numbers, shape, strides, torch::TensorOptions(c10::CppTypeToScalarType<Number>())));
}

std::vector<std::int64_t> row_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t a = shape.size() - 1; a > 0; --a) strides[a - 1] = strides[a] * shape[a];
  return strides;
}

}  // namespace

template <typename Number>
void FourierTransform<Number>::plane_to_frequencies(Number* plane, Number* frequencies) const {
  auto half = plane_shape_;
  half.back() = half.back() / 2 + 1;
  complex_view(frequencies, half, row_strides(half))
      .copy_(torch::fft::rfftn(torch::from_blob(
          plane, plane_shape_, torch::TensorOptions(c10::CppTypeToScalarType<Number>()))));
}

template <typename Number>
void FourierTransform<Number>::frequencies_to_plane(Number* frequencies, Number* plane) const {
  auto half = plane_shape_;
  half.back() = half.back() / 2 + 1;
  torch::from_blob(plane, plane_shape_, torch::TensorOptions(c10::CppTypeToScalarType<Number>()))
      .copy_(torch::fft::irfftn(complex_view(frequencies, half, row_strides(half)), plane_shape_,
                                c10::nullopt, "forward"));
}

template <typename Number>
void FourierTransform<Number>::first_axis_forward(Number* frequencies, Number* block) const {
  const std::vector<std::int64_t> shape{n_planes_, block_width_};
  complex_view(block, shape, row_strides(shape))
      .copy_(
          torch::fft::fft(complex_view(frequencies, shape, {plane_stride_, 1}), c10::nullopt, 0));
}

template <typename Number>
void FourierTransform<Number>::first_axis_backward(Number* block, Number* frequencies) const {
  const std::vector<std::int64_t> shape{n_planes_, block_width_};
  complex_view(frequencies, shape, {plane_stride_, 1})
      .copy_(torch::fft::ifft(complex_view(block, shape, row_strides(shape)), c10::nullopt, 0,
                              "forward"));
}

#endif

template <typename Number>
FourierTransform<Number>::FourierTransform(const Grid& grid)
    : plane_shape_(grid.shape.begin() + 1, grid.shape.end()), n_planes_(grid.shape[0]) {
  plane_size_ = grid.n_voxels() / n_planes_;
  n_frequencies_ = plane_size_ / plane_shape_.back() * (plane_shape_.back() / 2 + 1);
  // Blocks of all components fit into a share of the second cache and start at cache lines: FFTW
  // does not use vectors otherwise.
  constexpr std::int64_t unit = 8;
  const std::int64_t bytes =
      2 * static_cast<std::int64_t>(sizeof(Number)) * grid.dimension() * n_planes_;
  block_width_ = std::clamp<std::int64_t>((256 << 10) / bytes / unit * unit, unit,
                                          (n_frequencies_ + unit - 1) / unit * unit);
  plane_stride_ = (n_frequencies_ + block_width_ - 1) / block_width_ * block_width_;
  plans_ = std::make_unique<Plans>(*this);
}

template <typename Number>
FourierTransform<Number>::~FourierTransform() = default;

template <typename Number>
std::shared_ptr<const FourierTransform<Number>> FourierTransform<Number>::of(const Grid& grid) {
  // FFTW's planner is not thread safe either.
  static std::mutex mutex;
  static std::map<std::vector<std::int64_t>, std::shared_ptr<const FourierTransform>> known;
  const std::lock_guard lock(mutex);
  auto& transform = known[grid.shape];
  if (!transform) transform = std::make_shared<const FourierTransform>(grid);
  return transform;
}

template class FourierTransform<float>;
template class FourierTransform<double>;

}  // namespace seco::surrogate::cpu
