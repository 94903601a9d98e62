#include "field_algebra.h"

#include "kernels.h"
#include "voxel_loops.h"

namespace seco::surrogate::cpu {
namespace {

// Numbers of a row that are worth a thread of their own; also the pieces of sums, whose order must
// not depend on the number of threads.
constexpr std::int64_t piece = 32768;

// First numbers of all fields of RVE b, group after group.
template <typename Number, typename Tensors>
std::vector<Number*> rows(const Tensors& groups, std::int64_t b) {
  std::vector<Number*> result;
  for (const torch::Tensor& group : groups) {
    TORCH_INTERNAL_ASSERT(group.is_contiguous());
    auto* data = group.data_ptr<std::remove_const_t<Number>>();
    const auto length = group[0][0].numel();
    for (std::int64_t i = 0; i < group.size(1); ++i)
      result.push_back(data + (b * group.size(1) + i) * length);
  }
  return result;
}

std::int64_t n_fields(const std::vector<torch::Tensor>& groups) {
  std::int64_t n = 0;
  for (const auto& group : groups) n += group.size(1);
  return n;
}

std::vector<torch::Tensor> contiguous(const std::vector<torch::Tensor>& groups) {
  std::vector<torch::Tensor> result;
  for (const auto& group : groups) result.push_back(group.contiguous());
  return result;
}

// `step = sum_j c_ij x_j` and, unless they are null, `end = start + step`.
void combine_into(const torch::Tensor& coefficients, const std::vector<torch::Tensor>& groups,
                  const torch::Tensor& step, const torch::Tensor* start, const torch::Tensor* end) {
  const auto x = contiguous(groups);
  const auto matrix = coefficients.to(x.front().options()).contiguous();
  const auto length = x.front()[0][0].numel();
  AT_DISPATCH_FLOATING_TYPES(step.scalar_type(), "combine", [&] {
    for_all(step.size(0), [&](std::int64_t b) {
      using Rows = std::vector<torch::Tensor>;
      const auto in = rows<const scalar_t>(x, b);
      const auto out = rows<scalar_t>(Rows{step}, b);
      const auto before =
          start ? rows<const scalar_t>(Rows{*start}, b) : std::vector<const scalar_t*>();
      const auto after = end ? rows<scalar_t>(Rows{*end}, b) : std::vector<scalar_t*>();
      at::parallel_for(0, length, piece, [&](std::int64_t first, std::int64_t last) {
        kernels<scalar_t>().combine(matrix.size(1), matrix.size(2),
                                    matrix.data_ptr<scalar_t>() + b * matrix[0].numel(), in.data(),
                                    out.data(), start ? before.data() : nullptr,
                                    end ? after.data() : nullptr, first, last);
      });
    });
  });
}

// Calls f(row, first, last) for pieces of all rows of fields [B, L, c, n...].
template <typename Function>
void for_rows(const torch::Tensor& field, const Function& f) {
  const auto length = field[0][0].numel(), n_pieces = (length + piece - 1) / piece;
  at::parallel_for(0, field.size(0) * field.size(1) * n_pieces, 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (auto i = begin; i < end; ++i) {
                       const auto row = i / n_pieces, first = i % n_pieces * piece;
                       f(row, first, std::min(length, first + piece));
                     }
                   });
}

// `y = alpha x + beta y` in place.
void update(const torch::Tensor& alpha, const torch::Tensor& x, const torch::Tensor& beta,
            torch::Tensor& y) {
  const auto length = x[0][0].numel();
  const auto a = alpha.contiguous(), b = beta.contiguous();
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "update", [&] {
    for_rows(x, [&](std::int64_t row, std::int64_t first, std::int64_t last) {
      const auto at = row * length + first;
      kernels<scalar_t>().update(static_cast<scalar_t>(a.data_ptr<double>()[row]),
                                 x.data_ptr<scalar_t>() + at,
                                 static_cast<scalar_t>(b.data_ptr<double>()[row]),
                                 y.data_ptr<scalar_t>() + at, last - first);
    });
  });
}

torch::Tensor combination_like(const torch::Tensor& coefficients, const torch::Tensor& field) {
  auto shape = field.sizes().vec();
  shape[1] = coefficients.size(1);
  return torch::empty(shape, field.options());
}

}  // namespace

torch::Tensor gram(const std::vector<torch::Tensor>& left_groups,
                   const std::vector<torch::Tensor>& right_groups, bool symmetric) {
  const auto a = contiguous(left_groups), b = contiguous(right_groups);
  const auto batch = a.front().size(0), n_a = n_fields(a), n_b = n_fields(b);
  const auto length = a.front()[0][0].numel();
  const auto n_pieces = (length + piece - 1) / piece;
  auto sums = torch::zeros({batch, n_pieces, n_a, n_b}, torch::kDouble);
  AT_DISPATCH_FLOATING_TYPES(a.front().scalar_type(), "gram", [&] {
    for_all(batch, [&](std::int64_t i) {
      const auto left = rows<const scalar_t>(a, i), right = rows<const scalar_t>(b, i);
      at::parallel_for(0, n_pieces, 1, [&](std::int64_t first, std::int64_t last) {
        for (auto p = first; p < last; ++p)
          kernels<scalar_t>().gram(n_a, left.data(), n_b, right.data(), symmetric, p * piece,
                                   std::min(length, (p + 1) * piece),
                                   sums.data_ptr<double>() + (i * n_pieces + p) * n_a * n_b);
      });
    });
  });
  auto result = sums.sum(1);
  if (symmetric) result.narrow(2, 0, n_a).copy_(mirrored(result.narrow(2, 0, n_a)));
  return result;
}

torch::Tensor combine(const torch::Tensor& coefficients, const std::vector<torch::Tensor>& x) {
  auto step = combination_like(coefficients, x.front());
  combine_into(coefficients, x, step, nullptr, nullptr);
  return step;
}

StepAndSum combine_and_add(const KernelEntries&, const torch::Tensor& coefficients,
                           const std::vector<torch::Tensor>& x, const torch::Tensor& total) {
  const auto start = total.contiguous();
  StepAndSum result{combination_like(coefficients, x.front()),
                    torch::empty(start.sizes(), start.options())};
  combine_into(coefficients, x, result.step, &start, &result.sum);
  return result;
}

torch::Tensor inner_product(const torch::Tensor& left, const torch::Tensor& right) {
  const auto a = left.contiguous(), b = right.contiguous();
  const auto length = a[0][0].numel(), n_pieces = (length + piece - 1) / piece;
  auto sums = torch::empty({a.size(0), a.size(1), n_pieces}, torch::kDouble);
  AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "inner_product", [&] {
    for_rows(a, [&](std::int64_t row, std::int64_t first, std::int64_t last) {
      const auto at = row * length + first;
      sums.data_ptr<double>()[row * n_pieces + first / piece] = kernels<scalar_t>().dot(
          a.data_ptr<scalar_t>() + at, b.data_ptr<scalar_t>() + at, last - first);
    });
  });
  return sums.sum(2);
}

void advance(const torch::Tensor& alpha, const torch::Tensor& p, const torch::Tensor& q,
             torch::Tensor& u, torch::Tensor& r) {
  const auto one = torch::ones_like(alpha);
  update(alpha, p, one, u);
  update(-alpha, q, one, r);
}

void turn(const torch::Tensor& beta, const torch::Tensor& z, torch::Tensor& p) {
  update(torch::ones_like(beta), z, beta, p);
}

}  // namespace seco::surrogate::cpu
