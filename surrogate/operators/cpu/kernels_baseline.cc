#define SECO_INSTRUCTION_SET baseline
#define SECO_VECTOR_BYTES 16
#include "kernels_implementation.h"
