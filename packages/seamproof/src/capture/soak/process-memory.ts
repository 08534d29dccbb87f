import { readdirSync, readFileSync } from 'node:fs'
import type { ProcessMemory, ProcessStatus } from '../../contract/soak.js'

/** What the kernel says of a process; undefined when it is gone. */
export function readProcessStatus(pid: number): ProcessStatus | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return {
      rssBytes: kib(status, 'VmRSS'),
      anonBytes: kib(status, 'RssAnon'),
      fdCount: readdirSync(`/proc/${pid}/fd`).length,
      threadCount: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0),
    }
  } catch {
    return undefined
  }
}

/** The kernel goes through all pages for it, and the process must wait before it maps or unmaps any: only for one at rest. */
export function readProcessMemory(pid: number): ProcessMemory | undefined {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const maps = readFileSync(`/proc/${pid}/maps`, 'utf8')
    const status = readProcessStatus(pid)
    if (status === undefined) return undefined
    return {
      ...status,
      ussBytes: kib(rollup, 'Private_Clean') + kib(rollup, 'Private_Dirty'),
      privateDirtyBytes: kib(rollup, 'Private_Dirty'),
      pssBytes: kib(rollup, 'Pss'),
      mappingCount: maps.split('\n').length - 1,
    }
  } catch {
    return undefined
  }
}

/** Cheap enough to look at several times a second. */
export function readRssBytes(pid: number): number | undefined {
  try {
    return kib(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS')
  } catch {
    return undefined
  }
}

const ticksPerSecond = 100

/** Processor time of all threads, in milliseconds; undefined when the process is gone. */
export function readCpuMs(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything; the fields count from behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1000
  } catch {
    return undefined
  }
}

function kib(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024
}
