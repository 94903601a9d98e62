#pragma once

#include <span>
#include <string>
#include <vector>

#include "measure.h"
#include "seco/surrogate/engine.h"

namespace seco::benchmarks {

/// How the solver is run in one row of the benchmark.
struct SolverRun {
  std::string precision = "single";
  /// Relative residual to stop at; 0: never before the iterations are done.
  double residual = 0;
  unsigned int iterations = 100000;
};

/// One row: what a run took and what it found.
struct SolverRow {
  unsigned int iterations = 0;
  /// Wall time per RVE of all six load cases, with setup and certificate.
  Sample seconds;
  /// Worst relative error of the homogenized stiffness in the Frobenius norm, certified gap and
  /// residual among the RVEs.
  double error = 0, gap = 0, residual = 0;
};

/// The engine `fft` on the CPU on a few RVEs of one family.
class SolverBenchmark {
 public:
  /// Solves them tightly in double precision, for the errors.
  SolverBenchmark(std::vector<materials::Rve> rves, int n_threads, Budget budget);

  SolverRow run(const SolverRun& how) const;
  /// Rows of increasing numbers of iterations, until the error is far below the asked one or does
  /// not fall any more. The first number that keeps the error is among them.
  std::vector<SolverRow> sequence(const std::string& precision, double error) const;
  /// Time of double over time of single precision after the same iterations, by turns.
  Sample double_over_single(unsigned int iterations) const;

  const std::vector<materials::Rve>& rves() const { return rves_; }
  /// Stiffness of every RVE, relative residual 1e-8 in double precision.
  const std::vector<materials::MandelMatrix>& exact() const { return exact_; }

 private:
  std::function<std::vector<surrogate::Homogenized>()> prepared(const SolverRun& how) const;
  SolverRow row_of(const std::vector<surrogate::Homogenized>& results, Sample seconds) const;

  std::vector<materials::Rve> rves_;
  int n_threads_;
  Budget budget_;
  std::vector<materials::MandelMatrix> exact_;
};

/// A line through the times of numbers of iterations: the median of all slopes
/// between two rows, and the median of what is left (Theil and Sen).
struct Line {
  double per_iteration = 0, rest = 0;
};
Line fit(std::span<const SolverRow> rows);

/// The first row whose error is at most the asked one, or the last.
const SolverRow& first_within(std::span<const SolverRow> rows, double error);

}  // namespace seco::benchmarks
