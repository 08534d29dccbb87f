// Exceptions through frames that hold hooks' callers, and stacks that the compiler realigned.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

struct Guard {
  ~Guard() { free(malloc(7309)); }
};

__attribute__((noinline)) int fall(int left) {
  Guard guard;
  free(malloc(7307));
  if (left == 0) throw std::runtime_error(std::string(200, 'x'));
  return fall(left - 1) + 1;
}

int main() {
  int caught = 0;
  for (int i = 0; i < 300; i++) try {
      fall(i % 50);
    } catch (const std::exception &) {
      caught++;
      free(malloc(7307));
    }
  return caught == 300 ? 0 : 3;
}
