/* A process that runs for days, as far as its trace can tell: so many records of passing interest, each with its number. */
#include "agent.h"

#include <stdlib.h>

int main(int count, char **arguments) {
  uint64_t records = count > 1 ? strtoull(arguments[1], NULL, 10) : 0;
  for (uint64_t number = 1; number <= records; number++) {
    uint8_t body[80];
    uint8_t *p = agt_put_varint(body, number); /* its time, in µs */
    p = agt_put_varint(p, 4096);
    for (int zero = 0; zero < 5; zero++) p = agt_put_varint(p, 0);
    agt_meta_write(AGT_META_SAMPLE, body, (size_t)(p - body));
  }
  return 0;
}
