#include <gtest/gtest.h>
#include <torch/cuda.h>

#include "microstructures.h"
#include "seco/surrogate/engine.h"

using namespace seco::surrogate;

TEST(Device, GpuAndCpuAgree) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "there is no GPU";
  register_builtin_engines();
  std::vector<seco::materials::Rve> rves;
  for (const std::string type : {"polycrystal", "inclusions", "laminate"})
    rves.push_back(seco::test::make_rve(type, {9, 8, 7}));
  EngineSettings settings;
  settings.tolerance = 1e-10;
  settings.device = "cpu";
  const auto cpu = make_engine("fft", settings)->homogenize(rves);
  settings.device = "cuda";
  const auto gpu = make_engine("fft", settings)->homogenize(rves);
  for (std::size_t i = 0; i < rves.size(); ++i)
    for (const auto matrix : {&Homogenized::stiffness, &Homogenized::lower, &Homogenized::upper})
      EXPECT_LT((cpu[i].*matrix - gpu[i].*matrix).norm(), 1e-10 * (cpu[i].*matrix).norm()) << i;
}
