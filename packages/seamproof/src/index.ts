// What a workload or a config imports. Running and reading captures is in 'seamproof/pipeline', so that this stays light:
// it may be loaded inside a subject.
export { ExitCode, SeamproofError } from './base/seamproof-error.js'
export type { SeamproofConfig, Suppression } from './config/config-schema.js'
export { defineConfig } from './config/define-config.js'
export { type OwnMeasurement, type WorkloadOptions, workload } from './config/workload-registry.js'
export type * from './contract/capture.js'
export type * from './contract/facts.js'
export type * from './contract/frame.js'
export type * from './contract/layer.js'
export type * from './contract/measurement.js'
export type * from './contract/metrics.js'
export type * from './contract/symbols.js'
export type * from './contract/verdict.js'
