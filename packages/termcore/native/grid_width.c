/* Columns that a codepoint takes. */
#include "grid_internal.h"
#include "grid_width_table.h"

uint32_t tc_codepoint_width(uint32_t codepoint) { return tc_grid__width(codepoint); }
