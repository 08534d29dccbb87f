#!/bin/sh
# Builds the test addon by itself for `seamproof check`, which sets CC, CFLAGS and LDFLAGS.
set -eu
headers=$(node -p "require('node-api-headers').include_dir")
mkdir -p checked
# shellcheck disable=SC2086 # flags are lists
"${CC:-cc}" -std=c11 -D_GNU_SOURCE -O2 -g -fPIC -pthread -fno-omit-frame-pointer -shared -DNAPI_VERSION=8 ${CFLAGS:-} \
  -Iinclude -Itest/native -I"$headers" test/native/kit_addon.c -o checked/kit_addon.node ${LDFLAGS:-}
