#!/usr/bin/env bash
# Runs Seamproof and tells the later steps where its reports are. Its exit code is kept for the last step, so that the reports are
# uploaded first.
set -u
folder="${RUNNER_TEMP:-/tmp}/seamproof-${SEAMPROOF_COMMAND}"
shard=()
if [ -n "${SEAMPROOF_SHARD:-}" ]; then
  shard=(--shard "$SEAMPROOF_SHARD")
  folder="$folder-${SEAMPROOF_SHARD//\//-of-}"
fi
# The two inputs are command lines of the person who wrote the workflow, so they are split as a shell does.
# shellcheck disable=SC2086
$SEAMPROOF $SEAMPROOF_COMMAND ${SEAMPROOF_ARGS:-} "${shard[@]}" --out "$folder" --force
code=$?
{
  echo "exit-code=$code"
  if [ -d "$folder" ]; then echo "folder=$folder"; fi
} >>"$GITHUB_OUTPUT"
for name in report.md findings.md; do
  if [ -f "$folder/$name" ]; then
    echo "markdown=$folder/$name" >>"$GITHUB_OUTPUT"
    # The summary of a job holds 1 MiB.
    head -c 900000 "$folder/$name" >>"$GITHUB_STEP_SUMMARY"
    break
  fi
done
exit 0
