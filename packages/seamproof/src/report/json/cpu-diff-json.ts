import { shareDifference } from '../../base/difference-interval.js'
import type { CpuProfile } from '../../contract/cpu-profile.js'
import { cpuDiff, diffFunctions } from '../diff/cpu-diff.js'
import { profileTotals } from '../profile/profile-text.js'
import { jsonFormatVersion } from './json-shapes.js'

/** Self time by function on both sides; `shareChange` with its interval at 95 %. */
export function cpuDiffJson(before: CpuProfile, after: CpuProfile, seamproofVersion: string) {
  const [from, to] = [profileTotals(before), profileTotals(after)]
  return {
    formatVersion: jsonFormatVersion,
    report: 'cpu-diff',
    seamproofVersion,
    before: { command: before.command, durationNs: before.durationNs, ...from },
    after: { command: after.command, durationNs: after.durationNs, ...to },
    functions: diffFunctions(cpuDiff(before, after))
      .map((row) => ({
        ...row,
        shareChange: shareDifference(
          { ns: row.beforeNs, allNs: from.cpuNs, sampleCount: from.cpuSampleCount },
          { ns: row.afterNs, allNs: to.cpuNs, sampleCount: to.cpuSampleCount },
        ),
      }))
      .sort((a, b) => Math.abs(b.shareChange.value) - Math.abs(a.shareChange.value)),
  }
}
