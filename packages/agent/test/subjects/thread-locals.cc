// C++ thread_local objects whose destructors allocate, run while pthread's own keys are being torn down.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

struct Kept {
  std::vector<void *> blocks;
  ~Kept() {
    for (void *block : blocks) free(block);
    free(malloc(7129));
  }
};
thread_local Kept kept;

int main() {
  for (int i = 0; i < 100; i++)
    std::thread([] {
      for (int block = 0; block < 10; block++) kept.blocks.push_back(malloc(7151));
    }).join();
  puts("unharmed");
}
