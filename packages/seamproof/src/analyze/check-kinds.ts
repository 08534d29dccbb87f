import type { DefectKind, Instrument, Severity } from '../contract/finding.js'
import type { ToolReport } from '../contract/tool-report.js'

export interface KindOfDefect {
  kind: DefectKind
  severity: Severity
}

const error = (kind: DefectKind): KindOfDefect => ({ kind, severity: 'error' })
const warning = (kind: DefectKind): KindOfDefect => ({ kind, severity: 'warning' })

type Rule = readonly [RegExp, KindOfDefect]

const asanRules: readonly Rule[] = [
  [/ leak$/, error('leak')],
  [
    /^(?:heap|stack|global|dynamic-stack|intra-object|container)-(?:buffer-)?(?:overflow|underflow)$/,
    error('overflow'),
  ],
  [
    /^(?:stack-buffer-underflow|unknown-crash|negative-size-param|strncat-param-overlap|memcpy-param-overlap|memmove-param-overlap|strcpy-param-overlap)$/,
    error('overflow'),
  ],
  [
    /^(?:heap-use-after-free|stack-use-after-return|stack-use-after-scope|use-after-poison)$/,
    error('use-after-free'),
  ],
  [/^double-free$/, error('double-free')],
  [/^bad-free$|^bad-malloc_usable_size/, error('invalid-free')],
  [/^alloc-dealloc-mismatch$|^new-delete-type-mismatch$/, error('mismatched-free')],
  [/^(?:SEGV|BUS|ILL|FPE|ABRT|TRAP|stack-overflow|deadly)/, error('crash')],
  [/param-overlap$/, error('overflow')],
]

const tsanRules: readonly Rule[] = [
  [/lock-order-inversion|potential deadlock/, error('lock-order')],
  [/use-after-free/, error('use-after-free')],
  [/data race|race on|race$/, error('race')],
  [/^(?:SEGV|BUS|signal)/, error('crash')],
  [/mutex|lock/, warning('race')],
  [/thread leak/, warning('leak')],
]

const ubsanRules: readonly Rule[] = [
  [/^null$/, error('null-pointer')],
  [/^(?:bounds|object-size)$/, error('overflow')],
  [/./, error('undefined-behaviour')],
]

const memcheckRules: readonly Rule[] = [
  [/^Leak_DefinitelyLost$/, error('leak')],
  [/^Leak_/, warning('leak')],
  [/^Uninit|^SyscallParam|^ClientCheck/, error('uninitialised')],
  [/^InvalidFree$/, error('invalid-free')],
  [/^MismatchedFree$/, error('mismatched-free')],
  [/^(?:InvalidRead|InvalidWrite|InvalidJump|Overlap|FishyValue)$/, error('overflow')],
  [/^CoreMemError$|^InvalidMemPool$/, warning('rule')],
]

/** Helgrind and DRD do not know what order atomics give: right code is reported too, so nothing of theirs is certain. */
const helgrindRules: readonly Rule[] = [
  [/^Race$|^ConflictingAccess$/, warning('race')],
  [/LockOrder|^HoldtimeErr/, warning('lock-order')],
  [/./, warning('rule')],
]

const rulesOf: Partial<Record<Instrument, readonly Rule[]>> = {
  asan: asanRules,
  tsan: tsanRules,
  ubsan: ubsanRules,
  memcheck: memcheckRules,
  helgrind: helgrindRules,
  drd: helgrindRules,
}

/** One word for the same defect, whichever tool says it. */
export function kindOf(
  instrument: Instrument,
  report: Pick<ToolReport, 'rule' | 'text'>,
): KindOfDefect {
  const found = rulesOf[instrument]?.find(([pattern]) => pattern.test(report.rule))?.[1]
  const kind = found ?? error('undefined-behaviour')
  return instrument === 'memcheck'
    ? refined(report, kind)
    : instrument === 'asan'
      ? refinedSegv(report, kind)
      : kind
}

/** Memcheck says in prose what it knows of the address. */
function refined(
  { rule, text }: Pick<ToolReport, 'rule' | 'text'>,
  kind: KindOfDefect,
): KindOfDefect {
  if (rule === 'InvalidFree' && /free'd/.test(text)) return error('double-free')
  if (!/^Invalid(?:Read|Write)$/.test(rule)) return kind
  if (/free'd/.test(text)) return error('use-after-free')
  if (/Address 0x[0-9a-f]{1,3} is not stack'd/i.test(text)) return error('null-pointer')
  return kind
}

function refinedSegv(
  { rule, text }: Pick<ToolReport, 'rule' | 'text'>,
  kind: KindOfDefect,
): KindOfDefect {
  return rule === 'SEGV' &&
    /address points to the zero page|unknown address 0x0{9,}[0-9a-f]{0,3}\b/.test(text)
    ? error('null-pointer')
    : kind
}
