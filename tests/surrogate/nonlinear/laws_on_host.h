#pragma once

#include "cuda/law_answers.h"

/// What the kernels of laws on a GPU do, by the processor: the threads of all blocks one after the
/// other.
namespace seco::test {

template <int n, int dim, typename Model, typename Body>
void run_blocks(const surrogate::LawGroup& group, const surrogate::LawArguments& a,
                const Body& body) {
  const surrogate::cuda::Lattice<dim, double> grid(a.shape, a.spacing);
  for (std::int64_t i = 0; i < group.n_blocks; ++i) {
    const auto& block = group.blocks[i];
    double total[n] = {};
    for (int thread = 0; a.active[block.rve] && thread < block.count; ++thread) {
      double sums[n] = {};
      body(grid, block, thread, sums);
      for (int k = 0; k < n; ++k) total[k] += sums[k];
    }
    for (int k = 0; k < n; ++k) a.partial_sums[k * a.n_blocks + group.first_block + i] = total[k];
  }
}

enum class Ask { response, gap, accept };

template <Ask ask, int dim, typename Model>
void run_group(const surrogate::LawGroup& group, const surrogate::LawArguments& a) {
  constexpr int n = ask == Ask::response ? surrogate::n_response_sums(dim) : 1;
  run_blocks<n, dim, Model>(
      group, a,
      [&](const auto& grid, const surrogate::LawBlock& block, int thread, double(&sums)[n]) {
        using namespace surrogate::cuda;
        if constexpr (ask == Ask::response)
          respond_at<dim, Model>(grid, a, group, block, thread, sums);
        if constexpr (ask == Ask::gap) gap_at<dim, Model>(grid, a, group, block, thread, sums);
        if constexpr (ask == Ask::accept)
          accept_at<dim, Model>(grid, a, group, block, thread, sums);
      });
}

template <Ask ask>
void run_laws(const std::vector<surrogate::LawGroup>& groups, const surrogate::LawArguments& a) {
  using namespace materials;
  for (const auto& group : groups) switch (static_cast<ModelKind>(group.kind)) {
#define SECO_RUN(...)                           \
  case __VA_ARGS__::kind:                       \
    if (a.dimension == 2)                       \
      run_group<ask, 2, __VA_ARGS__>(group, a); \
    else                                        \
      run_group<ask, 3, __VA_ARGS__>(group, a); \
    break;
      SECO_FOR_EACH_MODEL(SECO_RUN)
#undef SECO_RUN
    }
  const int n = ask == Ask::response ? surrogate::n_response_sums(a.dimension) : 1;
  for (int b = 0; b < a.n_rves; ++b)
    for (int k = 0; k < n; ++k) {
      double& sum = a.sums[b * n + k];
      sum = 0;
      for (std::int64_t i = a.first_of_rve[b]; i < a.first_of_rve[b + 1]; ++i)
        sum += a.partial_sums[k * a.n_blocks + a.order[i]];
    }
}

inline bool knows_on_host(int kind, std::size_t n_bytes) {
  using namespace materials;
#define SECO_SIZE(...) \
  if (kind == static_cast<int>(__VA_ARGS__::kind)) return n_bytes == sizeof(__VA_ARGS__);
  SECO_FOR_EACH_MODEL(SECO_SIZE)
#undef SECO_SIZE
  return false;
}

inline const surrogate::LawKernels laws_on_host{knows_on_host, run_laws<Ask::response>,
                                                run_laws<Ask::gap>, run_laws<Ask::accept>};

}  // namespace seco::test
