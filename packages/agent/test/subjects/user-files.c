/* Files of the program's own whose names look like those that V8 writes. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int writes(const char *path) {
  char text[64] = "";
  FILE *file = fopen(path, "w");
  if (!file || fileno(file) < 3) return 0;
  fputs("1000 20 the program's own\n", file);
  fclose(file);
  file = fopen(path, "r");
  if (!file) return 0;
  fgets(text, sizeof text, file);
  fclose(file);
  return strcmp(text, "1000 20 the program's own\n") == 0;
}

int main(void) {
  char other[64];
  snprintf(other, sizeof other, "perf-%d.map", getpid() + 1);
  if (!writes("perf-results.map")) return 3;
  if (!writes("isolate-mine-v8.log")) return 4;
  if (!writes(other)) return 5;
  if (!writes("v8.log")) return 6;
  puts("unharmed");
  return 0;
}
