import type { DefectReport, DefectStack, StackRole } from '../contract/finding.js'
import type { Frame } from '../contract/frame.js'
import { baseName, plainFunctionName, plainModuleName } from './plain-name.js'
import { stableHash } from './stable-id.js'

/** What two reports must share to speak of the same defect. */
export interface DefectIdentity {
  fingerprint: string
  /** One of them in common is enough. */
  keys: string[]
  /**
   * The outermost function of the subject and what its innermost called: builds that inline differently agree on those. Several
   * defects may look alike, so it only counts where nothing speaks against it. Absent where there is no frame of the subject.
   */
  likeness?: string
}

/** A leak is its whole way through the subject, since one helper may allocate for all; other defects lie in the line itself. */
const framesOfLeak = 8
const framesOfOther = 3

/** Where a defect of this kind is, the likeliest first. */
const rolesOf = (kind: DefectReport['kind']): StackRole[] =>
  kind === 'leak'
    ? ['allocated', 'created', 'handed-over', 'now', 'origin', 'made-to-fail']
    : [
        'now',
        'other-access',
        'lock-taken',
        'freed',
        'allocated',
        'origin',
        'created',
        'handed-over',
        'made-to-fail',
      ]

export function identityOf(report: DefectReport): DefectIdentity {
  const { kind } = report
  // Two tools name these families as a whole, and each rule in them is a defect of its own.
  const ways = placesOf(report)
  const isByRule = kind === 'rule' || kind === 'undefined-behaviour' || ways.length === 0
  const rule = isByRule ? report.rule : ''
  const names = ways.map(({ frames }) => frames.map(nameKey).join('<')).sort()
  const modules = [...new Set(ways.flatMap(({ frames }) => frames.slice(0, 1).map(moduleOf)))]
  const fingerprint = stableHash([kind, rule, ...modules.sort(), ...names].join('\n'))
  const lines = ways.map(({ frames }) => lineKey(frames, kind === 'leak'))
  const keys = [`name ${fingerprint}`]
  if (lines.every((line) => line !== ''))
    keys.push(`line ${[kind, rule, ...lines.sort()].join('\n')}`)
  const outer = ways.map((place) => likenessOf(place, kind)).sort()
  return {
    fingerprint,
    keys,
    ...(outer.length > 0 && outer.every((one) => one !== '')
      ? { likeness: [kind, rule, ...outer].join('\n') }
      : {}),
  }
}

interface Place {
  /** The subject's, innermost first; without wrappers of libraries where there is anything else. */
  frames: Frame[]
  /** What the innermost of them called. */
  callee?: Frame
}

/** One place, or for what happens between two threads both of them. */
function placesOf({ kind, stacks }: DefectReport): Place[] {
  const frameCount = kind === 'leak' ? framesOfLeak : framesOfOther
  const found: Place[] = []
  const isBetween = kind === 'race' || kind === 'lock-order'
  for (const role of rolesOf(kind)) {
    for (const stack of stacks.filter((one) => one.role === role)) {
      const place = placeOf(stack, frameCount)
      if (place === undefined) continue
      found.push(place)
      if (!isBetween || found.length === 2) return found
    }
    if (isBetween && found.length > 0 && role === 'lock-taken') return found
  }
  if (found.length > 0) return found
  const frames = (stacks[0]?.frames ?? []).filter(({ origin }) => origin !== 'system')
  return frames.length === 0 ? [] : [{ frames: frames.slice(0, frameCount) }]
}

function placeOf({ frames }: DefectStack, frameCount: number): Place | undefined {
  const first = frames.findIndex(({ origin }) => origin === 'subject')
  if (first === -1) return undefined
  const own = frames.filter(({ origin }) => origin === 'subject')
  const written = own.filter((frame) => !isLibraryCode(frame))
  const callee = frames[first - 1]
  return {
    frames: withoutRepeats(written.length > 0 ? written : own).slice(0, frameCount),
    ...(callee === undefined ? {} : { callee }),
  }
}

/** Wrappers and templates that a release build inlines, and that nobody would open to mend the defect. */
const libraryName =
  /^(operator new|operator delete|std::|__gnu_cxx::|Napi::|Nan::|napi::|node::|__?rust_|__rdl_|(<?)(alloc|core|std)::)/

export const isLibraryCode = ({ functionName }: Frame): boolean => libraryName.test(functionName)

/** Recursion goes as deep as the input asks for. */
function withoutRepeats(frames: readonly Frame[]): Frame[] {
  return frames.filter(
    (frame, index) => index === 0 || nameKey(frame) !== nameKey(frames[index - 1]!),
  )
}

const moduleOf = ({ moduleName }: Frame): string => plainModuleName(moduleName ?? '')

/** In a module without symbols nothing but the offset tells one place from another. */
const nameKey = ({ functionName, isNamed }: Frame): string =>
  isNamed ? plainFunctionName(functionName) : baseName(functionName)

function lineKey(frames: readonly Frame[], isWholeWay: boolean): string {
  const counted = isWholeWay ? frames : frames.slice(0, 1)
  if (counted.some(({ file, line }) => file === undefined || line === undefined)) return ''
  return counted.map(({ file, line }) => `${baseName(file!)}:${line}`).join('<')
}

function likenessOf({ frames, callee }: Place, kind: DefectReport['kind']): string {
  const outermost = frames.at(-1)
  if (outermost === undefined || outermost.origin !== 'subject') return ''
  // Who does not say what was called for the memory does not say enough to be compared.
  if (kind === 'leak' && callee === undefined) return ''
  const called = callee === undefined ? '' : plainFunctionName(callee.functionName)
  return `${moduleOf(outermost)} ${outermost.isNamed ? nameKey(outermost) : ''} → ${called}`
}
