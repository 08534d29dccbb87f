// Values that were never set, and arithmetic that C does not define.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "seeded.h"

static napi_value branch_on_uninitialised(napi_env env, napi_callback_info info) {
  (void)info;
  int *block = opaque(malloc(48));
  if (block == NULL) return out_of_memory(env);
  if (!SEEDED) memset(block, 0, 48);
  volatile int taken = 0;
  // Two ways with side effects: the compiler must make it a jump, which is what memcheck looks at.
  if (block[3] > 1000) taken += 2;
  else taken += 1;
  free(opaque(block));
  return number(env, taken);
}

static napi_value return_uninitialised(napi_env env, napi_callback_info info) {
  (void)info;
  int *block = opaque(malloc(48));
  if (block == NULL) return out_of_memory(env);
  if (!SEEDED) memset(block, 0, 48);
  napi_value result = NULL;
  napi_create_int32(env, block[5], &result);
  free(opaque(block));
  return result;
}

static napi_value signed_overflow(napi_env env, napi_callback_info info) {
  (void)info;
  volatile int big = INT_MAX;
  volatile int sum = SEEDED ? big + 1 : (int)((unsigned)big + 1U);
  return number(env, sum != 0);
}

static napi_value misaligned_load(napi_env env, napi_callback_info info) {
  (void)info;
  char *bytes = opaque(calloc(1, 16));
  if (bytes == NULL) return out_of_memory(env);
  uint32_t value;
  if (SEEDED) value = *(volatile uint32_t *)opaque(bytes + 1);
  else memcpy(&value, bytes + 1, sizeof value);
  free(bytes);
  return number(env, value);
}

static napi_value shift_too_far(napi_env env, napi_callback_info info) {
  (void)info;
  volatile unsigned distance = SEEDED ? 33 : 3;
  volatile int one = 1;
  return number(env, (one << distance) != 0);
}

static napi_value impossible_bool(napi_env env, napi_callback_info info) {
  (void)info;
  char *byte = opaque(malloc(1));
  if (byte == NULL) return out_of_memory(env);
  *byte = SEEDED ? 7 : 1;
  bool value = *(volatile bool *)opaque(byte);
  free(byte);
  return number(env, value ? 1 : 0);
}

static napi_value subtract_below_minimum(napi_env env, napi_callback_info info) {
  (void)info;
  volatile long least = LONG_MIN;
  volatile long difference = SEEDED ? least - 1 : least;
  return number(env, difference != 0);
}

const seeded_entry seeded_values[] = {
    {"branchOnUninitialised", branch_on_uninitialised},
    {"returnUninitialised", return_uninitialised},
    {"signedOverflow", signed_overflow},
    {"misalignedLoad", misaligned_load},
    {"shiftTooFar", shift_too_far},
    {"impossibleBool", impossible_bool},
    {"subtractBelowMinimum", subtract_below_minimum},
    {NULL, NULL},
};
