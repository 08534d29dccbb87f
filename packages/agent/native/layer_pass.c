/*
 * Pass-through, with SEAMPROOF_LAYER=pass: each function is reached by one jump of ours and nothing is looked at. What
 * interposition alone costs, and whether it is interposition that a subject does not bear.
 */
#include "layer.h"

_Static_assert(sizeof g_lyr_real[0] == 8, "the jumps are eight bytes apart, as the pointers are");

__asm__(".pushsection .text\n"
        ".p2align 4\n"
        ".hidden lyr_jumps\n"
        ".globl lyr_jumps\n"
        "lyr_jumps:\n"
        ".set lyr_at, 0\n"
        ".rept 256\n" /* as many as there may be functions */
        "  jmp *g_lyr_real + lyr_at(%rip)\n"
        "  .p2align 3\n"
        "  .set lyr_at, lyr_at + 8\n"
        ".endr\n"
        ".popsection\n");
extern const uint8_t lyr_jumps[];

void *lyr_jump(enum lyr_function function) { return (void *)(uintptr_t)(lyr_jumps + 8 * function); }
