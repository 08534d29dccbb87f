import { existsSync } from 'node:fs'
import { findCompiler } from './build/toolchain.js'
import { findSanitizerLibrary, type SanitizerLibrary } from './checkers/sanitizer-library.js'
import { findInPath } from './find-in-path.js'
import type { MachineCheck } from './machine-check.js'

/** What `seamproof check` drives. Nothing of it is needed to track, so what is missing only limits. */
export function checkCheckerTools(): MachineCheck[] {
  return [checkValgrind(), checkSanitizers(), checkBuildTools()]
}

function checkValgrind(): MachineCheck {
  const name = 'valgrind'
  const path = findInPath('valgrind')
  if (path === undefined)
    return limited(name, 'not here: memcheck, helgrind and drd do not run', ['valgrind'])
  if (!existsSync('/usr/include/valgrind/memcheck.h'))
    return {
      name,
      status: 'ok',
      detail: `${path}, without its headers: leaks are looked for at the end, not between rounds`,
    }
  return { name, status: 'ok', detail: path }
}

function checkSanitizers(): MachineCheck {
  const name = 'sanitizers'
  const wanted: SanitizerLibrary[] = ['asan', 'ubsan', 'tsan']
  const compiler = compilerOrNone()
  const missing = wanted.filter((library) => findSanitizerLibrary(library, compiler) === undefined)
  if (compiler === undefined)
    return limited(name, 'no gcc: addons are not built for asan, ubsan and tsan', [
      'gcc',
      'g++',
      'libc6-dev',
    ])
  if (missing.length > 0)
    return limited(name, `${missing.join(', ')}: no run-time library beside ${compiler.cc}`, [
      'gcc',
      'g++',
    ])
  return { name, status: 'ok', detail: `${wanted.join(', ')} of ${compiler.version}` }
}

/** node-gyp needs both; other builds say themselves what they lack. */
function checkBuildTools(): MachineCheck {
  const name = 'builds'
  const missing = ['make', 'python3', 'g++'].filter((command) => findInPath(command) === undefined)
  if (missing.length === 0) return { name, status: 'ok', detail: otherBuildTools() }
  return limited(name, `without ${missing.join(' and ')} node-gyp builds nothing`, missing)
}

/** Few projects need these, so that nothing is wrong where they are not; who does is told what to type. */
function otherBuildTools(): string {
  const wanted: Record<string, string> = {
    cmake: 'cmake',
    cargo: 'cargo',
    clang: 'clang libclang-rt-dev',
  }
  const [there, missing] = [true, false].map((isWanted) =>
    Object.keys(wanted).filter((command) => (findInPath(command) !== undefined) === isWanted),
  )
  const found = ['make', 'python3', 'g++', ...there!].join(', ')
  if (missing!.length === 0) return found
  const packages = missing!.map((command) => wanted[command]).join(' ')
  return `${found}; for projects that need ${missing!.join(' or ')}: apt-get install --yes ${packages}`
}

function compilerOrNone() {
  try {
    return findCompiler()
  } catch {
    return undefined
  }
}

function limited(name: string, detail: string, aptPackages: string[]): MachineCheck {
  const remedy = `apt-get install --yes ${aptPackages.join(' ')}`
  return { name, status: 'limited', detail, remedy, aptPackages }
}
