#!/usr/bin/env bash
# Not an end by itself when it fails: a check whose tool is missing says so, and fails the run when it is required.
set -u
# shellcheck disable=SC2086 # the input is a command line
$SEAMPROOF doctor --install || echo "::warning::seamproof doctor could not install everything; checks without their tool are not run"
