#pragma once

/// Before a function: compiles it for several instruction sets, of which the processor at hand gets
/// the best. What it calls should be inlined. Sanitizers and the resolvers of such functions do not
/// go together.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SECO_VECTOR_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SECO_VECTOR_CLONES
#endif
