import { execFileSync } from 'node:child_process'
import { accessSync, constants, readFileSync, statfsSync } from 'node:fs'
import { checkCheckerTools } from './checker-tools.js'
import { readElfHeader } from './elf-header.js'
import { findInPath } from './find-in-path.js'
import { glibcVersion } from './machine.js'
import { requireAgent } from './require-agent.js'
import { preloadFault } from './subject-executable.js'

export interface MachineCheck {
  name: string
  /** `missing` stops Seamproof from working; `limited` costs it something, and `detail` says what. */
  status: 'ok' | 'limited' | 'missing'
  detail: string
  /** What to type to get it. */
  remedy?: string
  /** Debian packages that bring it; `doctor --install` installs them. */
  aptPackages?: string[]
}

/** Everything that Seamproof needs or uses from this machine. Looks, and changes nothing but the agent's build cache. */
export async function checkMachine(cwd: string): Promise<MachineCheck[]> {
  const agent = await checkAgent()
  return [
    checkPlatform(),
    checkNode(),
    checkLibc(),
    checkCompiler(agent.status === 'ok'),
    agent,
    checkNameTools(),
    ...checkCheckerTools(),
    checkDisk(cwd),
    checkPtrace(),
  ]
}

function checkPlatform(): MachineCheck {
  const shown = `${process.platform}-${process.arch}`
  const name = 'platform'
  if (process.platform !== 'linux')
    return {
      name,
      status: 'missing',
      detail: `${shown}: the agent runs on Linux only`,
      remedy: 'run it in a Linux container or virtual machine',
    }
  if (process.arch !== 'x64')
    return { name, status: 'missing', detail: `${shown}: the agent unwinds x86-64 stacks only` }
  return { name, status: 'ok', detail: shown }
}

function checkNode(): MachineCheck {
  const fault = preloadFault(readElfHeader(process.execPath) ?? { bits: 64, machine: process.arch })
  const shown = `${process.version} at ${process.execPath}`
  if (fault === undefined) return { name: 'node', status: 'ok', detail: shown }
  return {
    name: 'node',
    status: 'missing',
    detail: `${shown} ${fault}`,
    remedy: 'use the build from nodejs.org',
  }
}

function checkLibc(): MachineCheck {
  const version = glibcVersion()
  const name = 'libc'
  if (version === undefined)
    return {
      name,
      status: 'missing',
      detail: 'not glibc; the agent interposes glibc',
      remedy: 'use a Debian-based image, such as node:22',
    }
  const minor = Number(version.split('.')[1])
  if (minor < 35)
    return { name, status: 'limited', detail: `glibc ${version}: unwinding is slower before 2.35` }
  return { name, status: 'ok', detail: `glibc ${version}` }
}

/** Needed once for each version of the agent; a machine that has the library built needs none. */
function checkCompiler(isAgentBuilt: boolean): MachineCheck {
  const name = 'C compiler'
  const compiler = process.env.CC || 'cc'
  if (findInPath(compiler) !== undefined)
    return { name, status: 'ok', detail: firstLine(compiler, ['--version']) }
  return {
    name,
    status: isAgentBuilt ? 'limited' : 'missing',
    detail: `"${compiler}" was not found; the agent is compiled with it on first use`,
    remedy: 'apt-get install --yes gcc libc6-dev',
    aptPackages: ['gcc', 'libc6-dev'],
  }
}

async function checkAgent(): Promise<MachineCheck> {
  const name = 'agent'
  try {
    return { name, status: 'ok', detail: await requireAgent() }
  } catch (error) {
    return { name, status: 'missing', detail: (error as Error).message }
  }
}

function checkNameTools(): MachineCheck {
  const name = 'native names'
  const found = ['llvm-symbolizer', 'addr2line'].filter((command) => findInPath(command))
  if (found.length > 0) return { name, status: 'ok', detail: found.join(', ') }
  return {
    name,
    status: 'limited',
    detail:
      'neither addr2line nor llvm-symbolizer: native frames get no lines and no inlined functions',
    remedy: 'apt-get install --yes binutils',
    aptPackages: ['binutils'],
  }
}

function checkDisk(cwd: string): MachineCheck {
  const name = 'disk'
  try {
    accessSync(cwd, constants.W_OK)
  } catch {
    return { name, status: 'limited', detail: `${cwd} is not writable: give a directory with -o` }
  }
  const { bavail, bsize } = statfsSync(cwd)
  const freeGiB = (bavail * bsize) / 1024 ** 3
  const detail = `${freeGiB.toFixed(1)} GiB free in ${cwd}`
  if (freeGiB >= 1) return { name, status: 'ok', detail }
  return {
    name,
    status: 'limited',
    detail: `${detail}: a capture in full mode may fill it`,
    remedy: 'seamproof track --mode aggregate …',
  }
}

/** Nothing in `track` traces with ptrace; debuggers and LeakSanitizer, which later checks drive, do. */
function checkPtrace(): MachineCheck {
  const name = 'ptrace'
  try {
    const scope = readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'utf8').trim()
    if (scope === '0' || scope === '1')
      return { name, status: 'ok', detail: `ptrace_scope ${scope}` }
    return {
      name,
      status: 'limited',
      detail: `ptrace_scope ${scope}: debuggers cannot attach (tracking does not need it)`,
    }
  } catch {
    return { name, status: 'ok', detail: 'not restricted by Yama' }
  }
}

function firstLine(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).split('\n')[0]!
  } catch {
    return command
  }
}
