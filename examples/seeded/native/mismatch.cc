// Given back to another allocator than it came from.
#include <cstdlib>

#include "seeded.h"

static napi_value free_of_new(napi_env env, napi_callback_info info) {
  (void)info;
  int *block = static_cast<int *>(opaque(new int[12]));
  block[0] = 1;
  double value = block[0];
  if (SEEDED)
    std::free(opaque(block));
  else
    delete[] block;
  return number(env, value);
}

static napi_value delete_of_array(napi_env env, napi_callback_info info) {
  (void)info;
  int *block = static_cast<int *>(opaque(new int[12]));
  block[0] = 1;
  double value = block[0];
  if (SEEDED)
    delete static_cast<int *>(opaque(block));
  else
    delete[] block;
  return number(env, value);
}

extern "C" const seeded_entry seeded_mismatch[] = {
    {"freeOfNew", free_of_new},
    {"deleteOfArray", delete_of_array},
    {nullptr, nullptr},
};
