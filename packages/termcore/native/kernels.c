/* Which variant of the kernels runs: decided by the CPU, changed by the flag `simd`. */
#include "kernels_variants.h"

#include <stdatomic.h>

static bool has_level(tc_simd level) {
  switch (level) {
    case TC_SIMD_SCALAR:
      return true;
#if TC_HAS_X86
    case TC_SIMD_SSE2:
      return __builtin_cpu_supports("sse2");
    case TC_SIMD_AVX2:
      return __builtin_cpu_supports("avx2");
#endif
#if TC_HAS_NEON
    case TC_SIMD_NEON:
      return true; /* part of every AArch64 CPU */
#endif
    default:
      return false;
  }
}

const tc_kernels *tc_kernels_for(tc_simd level) {
  if (!has_level(level)) return NULL;
  switch (level) {
#if TC_HAS_X86
    case TC_SIMD_SSE2:
      return &tc_kernels_sse2;
    case TC_SIMD_AVX2:
      return &tc_kernels_avx2;
#endif
#if TC_HAS_NEON
    case TC_SIMD_NEON:
      return &tc_kernels_neon;
#endif
    default:
      return &tc_kernels_scalar;
  }
}

const tc_kernels *tc_kernels_best(void) {
  static const tc_simd fastest_first[] = {TC_SIMD_AVX2, TC_SIMD_SSE2, TC_SIMD_NEON};
  for (size_t i = 0; i < sizeof fastest_first / sizeof fastest_first[0]; i++) {
    const tc_kernels *kernels = tc_kernels_for(fastest_first[i]);
    if (kernels != NULL) return kernels;
  }
  return &tc_kernels_scalar;
}

/* NULL until first asked. Relaxed: the tables it points to are constant, so no order matters. */
static _Atomic(const tc_kernels *) g_active;

const tc_kernels *tc_kernels_active(void) {
  const tc_kernels *active = atomic_load_explicit(&g_active, memory_order_relaxed);
  if (active != NULL) return active;
  const tc_kernels *best = tc_kernels_best();
  /* A select that came in between wins. */
  if (atomic_compare_exchange_strong_explicit(&g_active, &active, best, memory_order_relaxed,
                                              memory_order_relaxed))
    return best;
  return active;
}

bool tc_kernels_select(tc_simd level) {
  const tc_kernels *kernels = tc_kernels_for(level);
  if (kernels == NULL) return false;
  atomic_store_explicit(&g_active, kernels, memory_order_relaxed);
  return true;
}
