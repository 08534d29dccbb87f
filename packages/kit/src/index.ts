export {
  type CommandBufferSchema,
  type CommandSchema,
  type FieldSchema,
  type FieldType,
  parseCommandSchema,
} from './command-schema.js'
export {
  CommandError,
  CommandWriter,
  type CommandWriterOptions,
  commandStatus,
} from './command-writer.js'
export {
  defineFlags,
  type FlagDefinition,
  type FlagOptions,
  FlagSet,
  type FlagSource,
  type FlagState,
} from './flags.js'
export { generateC } from './generate-c.js'
export { generateTypeScript } from './generate-ts.js'
export {
  type ForgottenBlock,
  Handoff,
  type HandoffBlock,
  type HandoffOptions,
  type HandoffState,
  type NativeHandoff,
  type NativeMisuse,
} from './handoff.js'
export { KitError, type KitErrorCode } from './kit-error.js'
export {
  type HistogramBucket,
  type HistogramReading,
  histogramBucket,
  histogramBucketMax,
  type MetricDefinition,
  type MetricHandle,
  type MetricKind,
  MetricSet,
} from './metrics.js'
export {
  type AtLimit,
  BufferPool,
  type BufferPoolOptions,
  ObjectPool,
  type ObjectPoolOptions,
  type PoolCounters,
} from './pools.js'
