#include "microstructures.h"

#include <Eigen/Dense>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"

namespace seco::test {

materials::Rve make_rve(const std::string& type, const std::vector<int>& shape, std::uint64_t seed,
                        double contrast) {
  materials::GeneratorSettings s;
  s.type = type;
  s.shape = shape;
  s.lengths.assign(shape.size(), 1.);
  s.seed = seed;
  s.n_grains = 12;
  s.crystal = materials::elastic_constants("Cu").stiffness;
  s.matrix = materials::isotropic(3000, 0.35);
  s.inclusion = contrast * materials::isotropic(3000, 0.2);
  s.n_inclusions = 4;
  s.layers = {s.matrix, s.inclusion};
  s.fractions = {0.5, 0.5};
  return materials::generate(s);
}

materials::MandelMatrix random_triclinic(int dimension, std::uint64_t seed) {
  const int m = materials::n_mandel_components(dimension);
  materials::RandomStream random(seed);
  materials::MandelMatrix a(m, m);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < m; ++j) a(i, j) = random.normal();
  return 1e4 * (a * a.transpose() + 0.5 * materials::MandelMatrix::Identity(m, m));
}

double relative_difference(const materials::MandelMatrix& a, const materials::MandelMatrix& b) {
  return (a - b).norm() / b.norm();
}

double loewner_margin(const materials::MandelMatrix& a, const materials::MandelMatrix& b) {
  const Eigen::SelfAdjointEigenSolver<materials::MandelMatrix> solver(b - a,
                                                                      Eigen::EigenvaluesOnly);
  return solver.eigenvalues().minCoeff() / b.norm();
}

}  // namespace seco::test
