/* Built with -fsanitize=address: one leak and one block that is freed. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static void *leak(void) { return malloc(7507); }

int main(void) {
  free(malloc(7517));
  void *volatile lost = leak();
  lost = NULL;
  (void)lost;
  puts("unharmed");
  fflush(stdout); /* a leak report ends the process before stdio does */
  return 0;
}
