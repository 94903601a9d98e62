#include "count_messages.h"

#include <mpi.h>

namespace seco::benchmark {
namespace {

Messages counted;

std::uint64_t bytes_of(int count, MPI_Datatype type) {
  int size = 0;
  PMPI_Type_size(type, &size);
  return static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(size);
}

void count_message(int count, MPI_Datatype type) {
  ++counted.n;
  counted.bytes += bytes_of(count, type);
}

void count_collective(int count, MPI_Datatype type) {
  ++counted.n_collective;
  counted.collective_bytes += bytes_of(count, type);
}

}  // namespace

Messages messages() {
  return counted;
}

}  // namespace seco::benchmark

using seco::benchmark::count_collective;
using seco::benchmark::count_message;
using seco::benchmark::counted;

extern "C" {

int MPI_Send(const void* data, int n, MPI_Datatype type, int rank, int tag, MPI_Comm communicator) {
  count_message(n, type);
  return PMPI_Send(data, n, type, rank, tag, communicator);
}

int MPI_Isend(const void* data, int n, MPI_Datatype type, int rank, int tag, MPI_Comm communicator,
              MPI_Request* request) {
  count_message(n, type);
  return PMPI_Isend(data, n, type, rank, tag, communicator, request);
}

int MPI_Issend(const void* data, int n, MPI_Datatype type, int rank, int tag, MPI_Comm communicator,
               MPI_Request* request) {
  count_message(n, type);
  return PMPI_Issend(data, n, type, rank, tag, communicator, request);
}

int MPI_Get(void* data, int n, MPI_Datatype type, int rank, MPI_Aint position, int n_there,
            MPI_Datatype type_there, MPI_Win window) {
  count_message(n, type);
  return PMPI_Get(data, n, type, rank, position, n_there, type_there, window);
}

int MPI_Fetch_and_op(const void* data, void* result, MPI_Datatype type, int rank, MPI_Aint position,
                     MPI_Op operation, MPI_Win window) {
  ++counted.n_atomic;
  return PMPI_Fetch_and_op(data, result, type, rank, position, operation, window);
}

int MPI_Allgather(const void* data, int n, MPI_Datatype type, void* result, int n_received,
                  MPI_Datatype type_received, MPI_Comm communicator) {
  count_collective(n, type);
  return PMPI_Allgather(data, n, type, result, n_received, type_received, communicator);
}

int MPI_Allgatherv(const void* data, int n, MPI_Datatype type, void* result, const int* n_received,
                   const int* positions, MPI_Datatype type_received, MPI_Comm communicator) {
  count_collective(n, type);
  return PMPI_Allgatherv(data, n, type, result, n_received, positions, type_received, communicator);
}

int MPI_Allreduce(const void* data, void* result, int n, MPI_Datatype type, MPI_Op operation,
                  MPI_Comm communicator) {
  count_collective(n, type);
  return PMPI_Allreduce(data, result, n, type, operation, communicator);
}

int MPI_Bcast(void* data, int n, MPI_Datatype type, int root, MPI_Comm communicator) {
  count_collective(n, type);
  return PMPI_Bcast(data, n, type, root, communicator);
}

}  // extern "C"
