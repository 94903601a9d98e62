#include "green.h"

#include <cmath>
#include <cstring>
#include <map>
#include <mutex>

#include "voxel_loops.h"

namespace seco::surrogate::cpu {
namespace {

// 2 / h sin(theta / 2) and cos(theta / 2) of all angles of an axis; exactly zero where they vanish.
struct HalfAngles {
  std::vector<double> sine, cosine;
  HalfAngles(std::int64_t n, double h) {
    for (std::int64_t q = 0; q < n; ++q) {
      const double half = M_PI * static_cast<double>(q) / static_cast<double>(n);
      sine.push_back(2. / h * std::sin(half));
      cosine.push_back(2 * q == n ? 0. : std::cos(half));
    }
  }
};

}  // namespace

// Free memory by its number of fields.
template <typename Number>
struct Green<Number>::Pool {
  std::mutex mutex;
  std::multimap<std::int64_t, std::unique_ptr<AlignedBuffer<Number>>> free;
};

template <typename Number>
typename Green<Number>::Spectra Green<Number>::spectra(std::int64_t n_fields) const {
  const auto give_back = [pool = pool_, n_fields](AlignedBuffer<Number>* buffer) {
    const std::lock_guard lock(pool->mutex);
    pool->free.emplace(n_fields, buffer);
  };
  {
    const std::lock_guard lock(pool_->mutex);
    if (const auto known = pool_->free.find(n_fields); known != pool_->free.end()) {
      Spectra found(known->second.release(), give_back);
      pool_->free.erase(known);
      return found;
    }
  }
  const auto size = n_fields * spectrum_size();
  Spectra made(new AlignedBuffer<Number>(size), give_back);
  std::memset(made->data(), 0, sizeof(Number) * static_cast<std::size_t>(size));
  return made;
}

template <typename Number>
Green<Number>::Green(const Grid& of)
    : GreenPlan(of),
      dimension_(grid.dimension()),
      n_voxels_(static_cast<double>(grid.n_voxels())),
      transform_(FourierTransform<Number>::of(grid)),
      pool_(std::make_shared<Pool>()) {
  const int d = grid.dimension();
  const HalfAngles first(grid.shape[0], grid.spacing[0]),
      last(grid.shape[d - 1], grid.spacing[d - 1]);
  // In 2D the middle axis has one frequency, zero, which changes nothing.
  const HalfAngles middle(d == 3 ? grid.shape[1] : 1, grid.spacing[1]);
  sine_.assign(first.sine.begin(), first.sine.end());
  cosine_.assign(first.cosine.begin(), first.cosine.end());

  const auto stride = transform_->plane_stride();
  const std::int64_t n_last = grid.shape[d - 1], n_half = n_last / 2 + 1;
  plane_.assign(3 * stride, Number(0));
  multiplicity_.assign(stride, Number(0));
  double largest = 0;
  for (std::int64_t q = 0; q < transform_->n_frequencies(); ++q) {
    const std::size_t j = q / n_half, k = q % n_half;
    const double factors[] = {middle.cosine[j] * last.cosine[k], middle.sine[j] * last.cosine[k],
                              middle.cosine[j] * last.sine[k]};
    for (int c = 0; c < 3; ++c) plane_[c * stride + q] = static_cast<Number>(factors[c]);
    multiplicity_[q] = k == 0 || 2 * k == static_cast<std::size_t>(n_last) ? 1 : 2;
    const double across = factors[0] * factors[0],
                 in_plane = factors[1] * factors[1] + factors[2] * factors[2];
    for (std::size_t i = 0; i < first.sine.size(); ++i)
      largest = std::max(largest, first.sine[i] * first.sine[i] * across +
                                      first.cosine[i] * first.cosine[i] * in_plane);
  }
  cutoff_ = static_cast<Number>(1e-12 * largest);
}

template <typename Number>
void Green<Number>::apply(std::int64_t n_loads, double lambda, double mu, Number* spectrum,
                          double* product) const {
  const auto width = transform_->block_width(), n_blocks = transform_->n_blocks();
  const auto stride = transform_->plane_stride(), n = n_planes();
  std::vector<double> sums(n_loads * n_blocks);
  const auto grain = std::max<std::int64_t>(1, 65536 / (2 * dimension_ * n * width));
  at::parallel_for(0, n_loads * n_blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    const AlignedBuffer<Number> memory(2 * dimension_ * n * width);
    for (auto item = begin; item < end; ++item) {
      const auto load = item / n_blocks, first = (item % n_blocks) * width;
      Number* field = spectrum + load * dimension_ * spectrum_size() + 2 * first;
      for (int c = 0; c < dimension_; ++c)
        transform_->first_axis_forward(field + c * spectrum_size(),
                                       memory.data() + 2 * c * n * width);
      GreenBlock<Number> block;
      block.dimension = dimension_;
      block.spectrum = memory.data();
      block.n0 = n;
      block.width = width;
      block.sine = sine_.data();
      block.cosine = cosine_.data();
      block.plane = plane_.data() + first;
      block.plane_stride = stride;
      block.multiplicity = multiplicity_.data() + first;
      block.cutoff = cutoff_;
      block.coupling = static_cast<Number>((lambda + mu) / (lambda + 2. * mu));
      // Neither transform is normalised.
      block.factor = static_cast<Number>(1. / (mu * n_voxels_));
      sums[item] = kernels<Number>().green(block);
      for (int c = 0; c < dimension_; ++c)
        transform_->first_axis_backward(memory.data() + 2 * c * n * width,
                                        field + c * spectrum_size());
    }
  });
  // In a fixed order, so that the result does not depend on the number of threads.
  for (std::int64_t l = 0; l < n_loads; ++l)
    product[l] =
        std::accumulate(sums.begin() + l * n_blocks, sums.begin() + (l + 1) * n_blocks, 0.);
}

template class Green<float>;
template class Green<double>;

std::shared_ptr<const GreenPlan> make_green(const Grid& grid, const torch::TensorOptions& options) {
  if (options.dtype() == torch::kDouble) return std::make_shared<const Green<double>>(grid);
  return std::make_shared<const Green<float>>(grid);
}

std::pair<torch::Tensor, torch::Tensor> green_and_work(const GreenPlan& plan,
                                                       const ReferenceMedium& medium,
                                                       const torch::Tensor& field) {
  const auto force = field.contiguous();
  const auto displacement = torch::empty(force.sizes(), force.options());
  const auto batch = force.size(0), loads = force.size(1);
  auto product = torch::empty({batch, loads}, torch::kDouble);
  AT_DISPATCH_FLOATING_TYPES(force.scalar_type(), "green", [&] {
    const auto& green = green_of<scalar_t>(plan);
    const auto n_fields = loads * green.dimension(), plane = green.plane_size(),
               size = force[0].numel();
    for_all(batch, [&](std::int64_t b) {
      const auto spectra = green.spectra(n_fields);
      auto* spectrum = spectra->data();
      const auto* f = force.data_ptr<scalar_t>() + b * size;
      auto* u = displacement.data_ptr<scalar_t>() + b * size;
      const auto at = [&](std::int64_t field, std::int64_t i) {
        return (field * green.n_planes() + i) * plane;
      };
      green.forward(n_fields, spectrum, [&](std::int64_t field, std::int64_t i, scalar_t* out) {
        std::copy_n(f + at(field, i), plane, out);
      });
      green.apply(loads, value(medium.lambda, b), value(medium.mu, b), spectrum,
                  product.data_ptr<double>() + b * loads);
      green.backward(n_fields, spectrum,
                     [&](std::int64_t field, std::int64_t i, const scalar_t* in) {
                       std::copy_n(in, plane, u + at(field, i));
                     });
    });
  });
  return {displacement, product};
}

torch::Tensor green(const GreenPlan& plan, const ReferenceMedium& medium,
                    const torch::Tensor& force) {
  return green_and_work(plan, medium, force).first;
}

}  // namespace seco::surrogate::cpu
