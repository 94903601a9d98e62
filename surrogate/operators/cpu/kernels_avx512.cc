#define SECO_INSTRUCTION_SET avx512
#define SECO_VECTOR_BYTES 64
#include "kernels_implementation.h"
