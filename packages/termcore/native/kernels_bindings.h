#ifndef TC_KERNELS_BINDINGS_H
#define TC_KERNELS_BINDINGS_H

#include "bridge.h"

bool tc_kernels_register(napi_env env, napi_value exports, tc_environment *environment);

#endif
