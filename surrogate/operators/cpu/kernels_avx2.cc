#define SECO_INSTRUCTION_SET avx2
#define SECO_VECTOR_BYTES 32
#include "kernels_implementation.h"
