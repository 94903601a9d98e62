#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <vector>

#include "fourier.h"
#include "kernel_table.h"
#include "kernels.h"

namespace seco::surrogate::cpu {

/// The discrete Green operator (green_operator.h) of one RVE in three passes over memory, between
/// which the caller does its own work on the same planes while they are in the cache.
///
/// The symbol of D_j is `k_j = i exp(i sum_a theta_a / 2) kappa_j` with the real
/// `kappa_j = 2 / h_j sin(theta_j / 2) prod_{a != j} cos(theta_a / 2)`, theta_a the angle along
/// axis a. The phase cancels in conj(k) k^T, so the operator is real:
/// `G0 f = [f - (lambda + mu) / (lambda + 2 mu) kappa (kappa . f) / |kappa|^2] / (mu |kappa|^2)`.
template <typename Number>
class Green : public GreenPlan {
 public:
  explicit Green(const Grid& grid);

  int dimension() const { return dimension_; }
  /// Numbers of memory for the spectrum of one field.
  std::int64_t spectrum_size() const { return 2 * n_planes() * transform_->plane_stride(); }
  std::int64_t n_planes() const { return transform_->n_planes(); }
  std::int64_t plane_size() const { return transform_->plane_size(); }

  /// Memory for the spectra of n_fields fields, to be given back by its destructor: kept for the
  /// next caller. Padding in it is zero.
  using Spectra =
      std::unique_ptr<AlignedBuffer<Number>, std::function<void(AlignedBuffer<Number>*)>>;
  Spectra spectra(std::int64_t n_fields) const;

  /// Spectra of n_fields fields. @param source `source(field, plane, numbers)` fills one plane
  template <typename Source>
  void forward(std::int64_t n_fields, Number* spectrum, const Source& source) const {
    at::parallel_for(0, n_fields * n_planes(), grain(), [&](std::int64_t begin, std::int64_t end) {
      const AlignedBuffer<Number> plane(plane_size());
      for (auto item = begin; item < end; ++item) {
        source(item / n_planes(), item % n_planes(), plane.data());
        transform_->plane_to_frequencies(plane.data(), spectrum + item * plane_numbers());
      }
    });
  }

  /// Applies the operator to the spectra. @param product `<f, G0 f>` of every load, summed over the
  /// nodes
  void apply(std::int64_t n_loads, double lambda, double mu, Number* spectrum,
             double* product) const;

  /// Fields of the spectra, which are lost. @param sink `sink(field, plane, numbers)` takes one
  /// plane
  template <typename Sink>
  void backward(std::int64_t n_fields, Number* spectrum, const Sink& sink) const {
    at::parallel_for(0, n_fields * n_planes(), grain(), [&](std::int64_t begin, std::int64_t end) {
      const AlignedBuffer<Number> plane(plane_size());
      for (auto item = begin; item < end; ++item) {
        transform_->frequencies_to_plane(spectrum + item * plane_numbers(), plane.data());
        sink(item / n_planes(), item % n_planes(), plane.data());
      }
    });
  }

 private:
  std::int64_t plane_numbers() const { return 2 * transform_->plane_stride(); }
  // Planes that are worth a thread of their own.
  std::int64_t grain() const { return std::max<std::int64_t>(1, 65536 / plane_size()); }

  int dimension_;
  double n_voxels_;
  std::shared_ptr<const FourierTransform<Number>> transform_;
  std::vector<Number> sine_, cosine_, plane_, multiplicity_;
  Number cutoff_;

  struct Pool;
  std::shared_ptr<Pool> pool_;
};

/// The Green operator behind a plan of make_green().
template <typename Number>
const Green<Number>& green_of(const GreenPlan& plan) {
  const auto* green = dynamic_cast<const Green<Number>*>(&plan);
  TORCH_INTERNAL_ASSERT(green, "the Green operator is of another precision or device");
  return *green;
}

/// `G0 f` and its work `f . G0 f` summed over the nodes, `[B, L]`, double.
std::pair<torch::Tensor, torch::Tensor> green_and_work(const GreenPlan& plan,
                                                       const ReferenceMedium& medium,
                                                       const torch::Tensor& force);

/// Entries of KernelEntries, see kernel_table.h.
std::shared_ptr<const GreenPlan> make_green(const Grid& grid, const torch::TensorOptions& options);
torch::Tensor green(const GreenPlan& plan, const ReferenceMedium& medium,
                    const torch::Tensor& force);

}  // namespace seco::surrogate::cpu
