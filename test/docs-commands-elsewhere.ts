// Command lines of the docs that take too long, or need more than one machine has, and the tests that run their kind.

interface Elsewhere {
  reason: string
  test: string
  lines: string[]
}

export const runElsewhere: Elsewhere[] = [
  {
    reason: 'everything, timed, for minutes',
    test: 'packages/seamproof/test/cli/validate.test.ts',
    lines: [
      'seamproof merge part-1 part-2 part-3 -o report',
      'seamproof validate',
      'seamproof validate --shard 1/3 -o part-1',
      'seamproof validate --full',
      'seamproof validate --out report --resume',
      'seamproof validate --skip soak,experiments',
      'seamproof validate --out seamproof-report',
    ],
  },
  {
    reason: 'times for half a minute and more',
    test: 'packages/seamproof/test/cli/bench.test.ts',
    lines: [
      'seamproof bench resize.seam.ts',
      'seamproof bench --save-baseline main',
      'seamproof bench --against main',
      'seamproof bench --against HEAD~3',
      'seamproof bench --rate 200k/s --realtime',
      'seamproof bench --parts allocations,crossings',
      'seamproof bench --format customSmallerIsBetter',
      'seamproof experiment --flag simd',
      'seamproof experiment --flag batch --predicted opportunities.json',
      'seamproof experiment --flag batch draw.seam.ts --time 60s',
      'seamproof experiment --flag jemalloc --on LD_PRELOAD=libjemalloc.so.2 --off LD_PRELOAD=',
    ],
  },
  {
    reason: 'an hour of load',
    test: 'packages/seamproof/test/cli/soak.test.ts',
    lines: [
      'seamproof soak resize.seam.ts --for 1h --rate 200k/s',
      'seamproof soak resize.seam.ts --for 10m --rate 5k/s --memory-limit 2G',
      'seamproof soak draw.seam.ts --only scroll --only clear --for 1h --rate 50k/s',
      'seamproof soak --resume FOLDER',
      'seamproof soak resize.seam.ts --for 8h --rate 5k/s --metrics-port 9464',
      'seamproof soak workloads/soak.seam.ts --for 1h --warmup 60s --rate 200k/s',
      'seamproof soak workloads/soak.seam.ts --for 3600s --rate 200000/s',
      'seamproof soak --report FOLDER',
    ],
  },
  {
    reason: 'a run for each call that can fail',
    test: 'packages/seamproof/test/cli/check-inject.test.ts',
    lines: [
      'seamproof check --inject',
      'seamproof check --inject encode.seam.ts',
      'seamproof check --inject resize.seam.ts',
      'seamproof check --inject lmdb.seam.ts',
      'seamproof check --inject -- node app.js',
      'seamproof check --inject --budget 10m encode.seam.ts',
      'seamproof check --inject --resume encode-20261123-120000.seamproof encode.seam.ts',
      'seamproof check --stress encode.seam.ts',
      'seamproof check --stress --seed 4711 --runs 1 encode.seam.ts',
    ],
  },
  {
    reason: 'ends the subject, or waits in a debugger',
    test: 'packages/seamproof/test/cli/check-layer.test.ts',
    lines: [
      'seamproof check --with layer --on-error throw -- node app.js',
      'seamproof check --with layer --on-error abort -- node app.js',
      'seamproof check --with layer --on-error break -- gdb --args node app.js',
    ],
  },
  {
    reason: 'needs a Node of another release',
    test: 'packages/seamproof/test/cli/check-canary.test.ts',
    lines: ['seamproof check --canary --node /opt/node26/bin/node'],
  },
  {
    reason: 'needs the leaky version of a package from npm',
    test: 'test/real-leaks.test.ts',
    lines: ['seamproof track crc32.seam.ts'],
  },
  {
    reason: 'the same, under every checker',
    test: 'test/check-real-package.test.ts',
    lines: ['seamproof check crc32.seam.ts'],
  },
  {
    reason: 'builds an addon for every checker',
    test: 'packages/seamproof/test/checkers/checkers.test.ts',
    lines: [
      'seamproof check --with asan crc32.seam.ts',
      'seamproof check --with asan,memcheck resize.seam.ts',
      'seamproof check --with asan,ubsan,tsan,memcheck,helgrind,drd FILE.seam.ts',
      'seamproof check leaks.seam.ts',
    ],
  },
  {
    reason: 'several instruments, and accepted findings',
    test: 'packages/seamproof/test/cli/check.test.ts',
    lines: [
      'seamproof check --suite leaks',
      'seamproof check --write-baseline --reason "before the checks"',
      'seamproof check --write-baseline --reason "before the checks" --expires 2027-06-30',
      'seamproof check --shard 1/4',
    ],
  },
  {
    reason: 'ten seconds of samples',
    test: 'packages/seamproof/test/profile/javascript.test.ts',
    lines: ['seamproof profile resize.seam.ts'],
  },
  {
    reason: 'needs a browser, or a server to push to',
    test: 'packages/seamproof/test/cli/live-profile.test.ts',
    lines: [
      'seamproof profile --serve -- node server.js',
      'seamproof profile --continuous profiles --push http://localhost:4040 -- node server.js',
      'seamproof profile --continuous profiles --every 60s --keep 100M --push http://localhost:4040 -- node server.js',
    ],
  },
  {
    reason: 'changes the machine; or takes the full rounds of a first workload',
    test: 'packages/seamproof/test/cli/command-line.test.ts',
    lines: ['seamproof doctor --install', 'seamproof track first.seam.ts'],
  },
  {
    reason: 'a package of the registry',
    test: 'test/popular-addons.test.ts',
    lines: ['seamproof track sharp.seam.ts'],
  },
  {
    reason: 'two versions of a package of the registry',
    test: 'test/real-leaks.test.ts',
    lines: ['seamproof track snappy.seam.ts'],
  },
]
