#pragma once

#include "kernels.h"
#include "law_kernels.h"

/// Launches of the kernels of laws; contracts in law_kernels.h, bodies in law_answers.h.
namespace seco::surrogate::cuda {

bool knows_law(int kind, std::size_t n_bytes);
void respond_by_laws(const std::vector<LawGroup>& groups, const LawArguments& a, Stream stream);
void gap_of_laws(const std::vector<LawGroup>& groups, const LawArguments& a, Stream stream);
void accept_by_laws(const std::vector<LawGroup>& groups, const LawArguments& a, Stream stream);

}  // namespace seco::surrogate::cuda
