/* Columns that a codepoint takes. */
#include "grid.h"
#include "grid_width_table.h"

uint32_t tc_codepoint_width(uint32_t codepoint) {
  if (codepoint < 0x300) /* before the first combining mark; controls are 0 */
    return codepoint >= 0x20 && (codepoint < 0x7f || codepoint >= 0xa0);
  if (codepoint > 0x10ffff) return 1;
  const uint8_t four = width_pages[width_page_of[codepoint >> 8]][(codepoint & 0xff) >> 2];
  return (four >> ((codepoint & 3) * 2)) & 3;
}
