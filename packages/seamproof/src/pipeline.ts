// The order of the stages, for the command line and for programs (`seamproof/pipeline`); the parts are in pipeline-*.ts.
import { join, resolve } from 'node:path'
import { traceFilesIn } from './capture/capture-directory.js'
import { findCapture } from './capture/find-capture.js'

export { analyzeProfile } from './analyze/analyze-profile.js'
export { cpuSummary } from './analyze/cpu-summary.js'
export { sliceProfile } from './analyze/slice-profile.js'
export { createCaptureDirectory as createCheckFolder } from './capture/capture-directory.js'
export {
  type Capture,
  type CaptureProgramOptions,
  captureProgram,
} from './capture/capture-program.js'
export {
  type CaptureWorkloadOptions,
  captureWorkload,
  type WorkloadCapture,
} from './capture/capture-workload.js'
export { gitCommitOf } from './capture/git-commit.js'
export { installLine, installPackages } from './capture/install-packages.js'
export { checkMachine, type MachineCheck } from './capture/machine-check.js'
export { machineFacts as machineFactsOf } from './capture/machine-facts.js'
export { shellExitCode } from './capture/run-subject.js'
export {
  type CaptureSoakOptions,
  isSoakComplete,
  type SoakCapture,
} from './capture/soak/capture-soak.js'
export { judgeLayer, type LayerFilter, type LayerVerdicts } from './judge/judge-layer.js'
export { layerReports } from './judge/layer-reports.js'
export { type ReadCapture, type ReadCaptureOptions, readCapture } from './pipeline-capture.js'
export { type CheckerName, type RunCheckerOptions, runChecker } from './pipeline-checkers.js'
export {
  isCpuCapture,
  LiveProfiles,
  type ReadCpuProfileOptions,
  readCpuProfile,
  readProfileFile,
} from './pipeline-profile.js'
export {
  judgeSoakSoFar,
  type ReadSoak,
  readSoak,
  runSoak,
  type SoakRun,
  soakFactsOf,
} from './pipeline-soak.js'
export { inspectTrace } from './trace/inspect-trace.js'
export { type TraceViolation, verifyTrace } from './trace/verify-trace.js'
export { findCapture }

/** The traces of a capture, or the single trace that was named. */
export function traceFilesOf(given: string | undefined, cwd: string): string[] {
  if (given?.endsWith('.trace')) return [resolve(cwd, given)]
  const captureDir = findCapture(given, cwd)
  return traceFilesIn(captureDir).map((name) => join(captureDir, name))
}
