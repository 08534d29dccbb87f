import { expect, it } from 'vitest'
import { moduleOrigin, type OriginQuestion } from '../../src/symbols/module-origin.js'

const cases: [origin: string, path: string, question?: Partial<OriginQuestion>][] = [
  // Executables.
  ['runtime', '/usr/bin/node', { isExecutable: true }],
  ['runtime', '/home/me/.nvm/versions/node/v22.1.0/bin/node', { isExecutable: true }],
  ['runtime', '/opt/node-26/bin/nodejs', { isExecutable: true }],
  ['runtime', '/usr/lib/electron/electron', { isExecutable: true }],
  ['runtime', '/home/me/single-executable-app', { isExecutable: true, hasJavaScript: true }],
  ['system', '/usr/bin/dash', { isExecutable: true }],
  ['system', '/usr/bin/python3.11', { isExecutable: true }],
  ['system', '/usr/lib/git-core/git', { isExecutable: true }],
  ['subject', '/home/me/project/build/native-test', { isExecutable: true }],
  ['subject', '/usr/local/bin/mytool', { isExecutable: true }],
  // Node as a library.
  ['runtime', '/usr/lib/x86_64-linux-gnu/libnode.so.108'],
  // The C and C++ runtimes, wherever they lie.
  ['system', '/lib/x86_64-linux-gnu/libc.so.6'],
  ['system', '/usr/lib/x86_64-linux-gnu/libc-2.31.so'],
  ['system', '/lib64/ld-linux-x86-64.so.2'],
  ['system', '/lib/ld-musl-x86_64.so.1'],
  ['system', '/app/node_modules/pkg/vendor/libstdc++.so.6'],
  ['system', '/app/node_modules/pkg/vendor/libgcc_s.so.1'],
  ['system', '/opt/gcc-14/lib64/libasan.so.8'],
  ['system', '[vdso]'],
  ['system', 'linux-vdso.so.1'],
  // The agent.
  ['system', '/app/node_modules/@seamproof/agent/build/579a3ad45b107626/seamproof-agent.so'],
  ['system', '/home/me/.cache/seamproof/seamproof-agent.so'],
  ['subject', '/app/node_modules/@seamproof/termcore/build/seamproof-termcore.node'],
  // Addons and what they bring.
  ['subject', '/app/build/Release/addon.node'],
  ['subject', '/usr/lib/node_modules/koffi/build/koffi.node'],
  ['subject', '/usr/lib/x86_64-linux-gnu/nodejs/thing.node'],
  ['subject', '/usr/lib/node_modules/sharp/vendor/lib/libvips-cpp.so.42'],
  ['subject', '/app/node_modules/@img/sharp-libvips-linux-x64/lib/libvips-cpp.so.8.15'],
  ['subject', '/app/target/release/libcodec.so'],
  ['subject', '/usr/local/lib/libcustom.so'],
  ['subject', '/app/libcryptic.so'],
  // Libraries of the system.
  ['system', '/usr/lib/x86_64-linux-gnu/libsqlite3.so.0'],
  ['subject', '/usr/lib/x86_64-linux-gnu/libsqlite3.so.0', { subjectModules: ['libsqlite3.so.0'] }],
  ['subject', '/usr/bin/dash', { isExecutable: true, subjectModules: ['/usr/bin/dash'] }],
]

it.each(cases)('is %s: %s (%o)', (origin, path, question = {}) => {
  expect(moduleOrigin({ path, isExecutable: false, hasJavaScript: false, ...question })).toBe(
    origin,
  )
})
