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
export { generateC } from './generate-c.js'
export { generateTypeScript } from './generate-ts.js'
export { KitError, type KitErrorCode } from './kit-error.js'
