/* The variants this build has. Only kernels*.c include this. */
#ifndef TC_KERNELS_VARIANTS_H
#define TC_KERNELS_VARIANTS_H

#include "kernels.h"

#if defined(__x86_64__)
#define TC_HAS_X86 1
#else
#define TC_HAS_X86 0
#endif

#if defined(__aarch64__)
#define TC_HAS_NEON 1
#else
#define TC_HAS_NEON 0
#endif

extern const tc_kernels tc_kernels_scalar;
#if TC_HAS_X86
extern const tc_kernels tc_kernels_sse2;
extern const tc_kernels tc_kernels_avx2;
#endif
#if TC_HAS_NEON
extern const tc_kernels tc_kernels_neon;
#endif

static inline bool tc_is_printable_ascii(uint8_t byte) { return byte >= 0x20 && byte <= 0x7e; }

#endif
