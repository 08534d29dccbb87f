/** SARIF 2.1.0, as code scanning services read it. */
import type {
  CodeFlow,
  Location,
  Log,
  PhysicalLocation,
  ReportingDescriptor,
  Result,
  Stack,
  StackFrame,
  ThreadFlowLocation,
} from 'sarif'
import type { DefectStack, Finding, FindingList, Severity } from '../../contract/finding.js'
import type { Frame } from '../../contract/frame.js'
import { layerRule, nodeDocsUrl } from '../../contract/layer-rules/layer-rules.js'
import { kindTitles, roleTitles } from '../finding-text.js'

export interface SarifOptions {
  /** `file:///home/me/project/`: paths below it are told from there, as the service expects of a checkout. */
  rootUri: string
}

const levels: Record<Severity, Result.level> = {
  error: 'error',
  warning: 'warning',
  advice: 'note',
}

export function findingsSarif(list: FindingList, { rootUri }: SarifOptions): Log {
  const root = decodeURIComponent(rootUri.replace(/^file:\/\//, '')).replace(/\/?$/, '/')
  const rules = new Map<string, ReportingDescriptor>()
  for (const finding of list.findings) {
    const id = ruleId(finding)
    if (!rules.has(id)) rules.set(id, ruleOf(id, finding))
  }
  const ids = [...rules.keys()].sort()
  const notRun = list.runs.filter(({ status }) => status === 'not-run')
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Seamproof',
            version: list.seamproofVersion,
            informationUri: 'https://www.npmjs.com/package/seamproof',
            rules: ids.map((id) => rules.get(id)!),
          },
        },
        originalUriBaseIds: { ROOT: { uri: rootUri.replace(/\/?$/, '/') } },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: list.isInterrupted !== true,
            endTimeUtc: list.createdAt,
            toolExecutionNotifications: notRun.map(({ instrument, target, reason }) => ({
              level: 'warning' as const,
              descriptor: { id: 'not-run' },
              message: { text: `${instrument} did not run on ${target}: ${reason ?? ''}` },
            })),
          },
        ],
        results: list.findings.map((finding) => resultOf(finding, ids, root)),
      },
    ],
  }
}

/** Rules of Node-API by their id, for they have a page each; everything else by its kind, whichever tool named it how. */
function ruleId({ kind, reports }: Finding): string {
  const seam = reports.find(({ rule }) => layerRule(rule) !== undefined)
  return kind === 'rule' ? (seam?.rule ?? 'rule') : kind
}

function ruleOf(id: string, { kind }: Finding): ReportingDescriptor {
  const rule = layerRule(id)
  if (rule === undefined)
    return {
      id,
      name: id,
      shortDescription: { text: kindTitles[kind] },
      help: { text: kindHelp[kind] ?? kindTitles[kind] },
    }
  return {
    id,
    name: id,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.rule },
    helpUri: nodeDocsUrl(rule),
    help: {
      text: `${rule.rule}\n${rule.otherwise}\n${rule.fix}\nSee docs/rules/${id}.md of Seamproof.`,
    },
  }
}

const kindHelp: Partial<Record<Finding['kind'], string>> = {
  leak: 'Memory, a reference or another resource that every operation takes and none gives back.',
  overflow: 'Memory outside a block is read or written.',
  'use-after-free': 'A block is used after it was freed.',
  'double-free': 'A block is freed twice.',
  'invalid-free': 'What is freed was never allocated, or begins elsewhere.',
  'mismatched-free':
    'A block is freed by another family of functions than allocated it: malloc and delete, new and free.',
  uninitialised: 'What the program does depends on memory that nobody has written.',
  race: 'Two threads use the same memory without an order between them, and one of them writes.',
  'lock-order':
    'Two threads take the same locks in different orders and can wait for each other for ever.',
  'undefined-behaviour':
    'The language leaves open what this does; another compiler may do anything.',
}

function resultOf(finding: Finding, ids: readonly string[], root: string): Result {
  const id = ruleId(finding)
  const where = mainLocation(finding, root)
  const related = relatedLocations(finding, root)
  const flow = codeFlow(finding.stacks, root)
  const stacks = finding.stacks
    .filter(({ frames }) => frames.length > 0)
    .map((stack) => sarifStack(stack, root))
  return {
    ruleId: id,
    ruleIndex: ids.indexOf(id),
    level: levels[finding.severity],
    message: { text: finding.message },
    partialFingerprints: { 'seamproof/v1': finding.fingerprint },
    ...(where === undefined ? {} : { locations: [where] }),
    ...(related.length === 0 ? {} : { relatedLocations: related }),
    ...(stacks.length === 0 ? {} : { stacks }),
    ...(flow === undefined ? {} : { codeFlows: [flow] }),
    ...(finding.status === 'new'
      ? {}
      : {
          suppressions: [
            { kind: 'external' as const, justification: finding.acceptedBy?.reason ?? '' },
          ],
        }),
    baselineState: finding.status === 'new' ? 'new' : 'unchanged',
    properties: {
      instruments: finding.instruments,
      workloads: finding.workloads,
      reproduce: finding.reproduce,
      ...(finding.perOperation === undefined ? {} : { perOperation: finding.perOperation }),
    },
  }
}

function mainLocation({ location }: Finding, root: string): Location | undefined {
  if (location === undefined) return undefined
  const { file, line, functionName } = location
  return {
    physicalLocation: physical(file, line, root),
    logicalLocations: [{ name: functionName, kind: 'function' }],
  }
}

/** Where the block was allocated and freed, or the other thread was: the frame that is the user's to change. */
function relatedLocations({ stacks }: Finding, root: string): Location[] {
  return stacks.flatMap(({ role, frames }, index) => {
    const frame =
      frames.find((one) => one.file !== undefined && one.origin === 'subject') ??
      frames.find((one) => one.file !== undefined && one.origin === 'user')
    if (frame?.file === undefined) return []
    return [
      {
        id: index + 1,
        message: { text: `${roleTitles[role]}: ${frame.functionName}` },
        physicalLocation: physical(frame.file, frame.line, root),
      },
    ]
  })
}

function sarifStack({ role, thread, frames }: DefectStack, root: string): Stack {
  const by = thread === undefined ? '' : ` (thread ${thread})`
  return {
    message: { text: `${roleTitles[role]}${by}` },
    frames: frames.map(
      (frame): StackFrame => ({
        ...(frame.moduleName === undefined ? {} : { module: frame.moduleName }),
        location: locationOfFrame(frame, root),
      }),
    ),
  }
}

/** The life of the memory in the order in which it happened, through JavaScript and native code. */
function codeFlow(stacks: readonly DefectStack[], root: string): CodeFlow | undefined {
  const order = ['created', 'allocated', 'handed-over', 'freed', 'other-access', 'now']
  const steps = [...stacks]
    .sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role))
    .flatMap(({ role, frames }) =>
      frames
        .filter(
          ({ file, origin }) => file !== undefined && (origin === 'subject' || origin === 'user'),
        )
        .reverse()
        .map((frame, index): ThreadFlowLocation => {
          const { physicalLocation, logicalLocations } = locationOfFrame(frame, root)
          return {
            nestingLevel: index,
            location: {
              message: { text: `${roleTitles[role]}: ${frame.functionName || '(anonymous)'}` },
              ...(physicalLocation === undefined ? {} : { physicalLocation }),
              ...(logicalLocations === undefined ? {} : { logicalLocations }),
            },
          }
        }),
    )
  return steps.length === 0 ? undefined : { threadFlows: [{ locations: steps }] }
}

function locationOfFrame({ functionName, file, line }: Frame, root: string): Location {
  return {
    ...(file === undefined ? {} : { physicalLocation: physical(file, line, root) }),
    logicalLocations: [{ name: functionName || '(anonymous)', kind: 'function' }],
    message: { text: functionName || '(anonymous)' },
  }
}

function physical(file: string, line: number | undefined, root: string): PhysicalLocation {
  const region = line === undefined || line < 1 ? {} : { region: { startLine: line } }
  if (file.startsWith('node:')) return { artifactLocation: { uri: file }, ...region }
  if (file.startsWith(root))
    return {
      artifactLocation: { uri: encodePath(file.slice(root.length)), uriBaseId: 'ROOT' },
      ...region,
    }
  const uri = file.startsWith('/') ? `file://${encodePath(file)}` : encodePath(file)
  return { artifactLocation: { uri }, ...region }
}

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/')
