#include <deal.II/base/mpi.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
  // As in the programs that tests start: their numbers are compared to the last bit. OpenMP reads
  // it before main.
  const char* threads = std::getenv("OMP_NUM_THREADS");
  if (!threads || std::string(threads) != "1") {
    setenv("OMP_NUM_THREADS", "1", 1);
    execv("/proc/self/exe", argv);
  }
  testing::InitGoogleTest(&argc, argv);
  dealii::Utilities::MPI::MPI_InitFinalize mpi(argc, argv, 1);
  return RUN_ALL_TESTS();
}
