import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import type { MachineFacts } from '../contract/measurement.js'
import { describeMachine } from './machine.js'

/** Where something was measured, and what disturbs measuring there. `nodePath` is the subject's Node. */
export function machineFacts(nodePath: string): MachineFacts {
  const { os, arch, libc, nodeVersion } = describeMachine(nodePath)
  return {
    os,
    arch,
    libc,
    nodeVersion,
    cpuModel: cpus()[0]?.model.trim() ?? '',
    cpuCount: availableParallelism(),
    memoryBytes: totalmem(),
    disturbances: disturbances(),
  }
}

function disturbances(): string[] {
  const found: string[] = []
  const load = loadavg()[0] ?? 0
  if (load > 0.5)
    found.push(
      `other work on the machine: a load of ${load.toFixed(1)} on ${availableParallelism()} processors at the start`,
    )
  if (/^flags\s*:.*\bhypervisor\b/m.test(textOf('/proc/cpuinfo')))
    found.push('a virtual machine: its processors are shared with others')
  const governor = textOf('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor').trim()
  if (governor !== '' && governor !== 'performance')
    found.push(`the processor changes its frequency (governor ${governor})`)
  return found
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
