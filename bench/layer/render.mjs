// The measured figures as docs/results/layer-cost.md.
import { differenceOf, ratioOf, spreadOf } from '../statistics.mjs'
import { configurations } from './configurations.mjs'

const goals = { passNs: 3, checkedNs: 30, ratio: 1.2 }
/** These keep a stack of where they were made, and of where they were given back. */
const withStacks = ['create_and_delete_a_reference', 'create_an_external']

const title = (name) => name.replaceAll(/(?<!napi.*)_/g, ' ')
const cells = (list) => `| ${list.join(' | ')} |`
const head = (list) => [cells(list), cells(list.map((_, i) => (i === 0 ? '---' : '---:')))]
const ns = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0))
const whole = (value) => (value === undefined ? '' : Math.round(value).toLocaleString('en'))

const interval = ({ median, low, high }, format) =>
  low === undefined
    ? `${format(median)} (too few rounds for an interval)`
    : `${format(median)} [${format(low)}, ${format(high)}]`

const medianOf = (series) => spreadOf(series.map(({ value }) => value)).median
const verdict = (high, limit) => (high <= limit ? 'met' : 'missed')
const upper = ({ median, high }) => high ?? median

export function renderLayerCost(measured) {
  const { calls, addons, rounds } = measured
  return `${[
    '# What the seam layer costs',
    '',
    ...machineLines(measured),
    '',
    ...Object.entries(configurations).map(([name, { title: what }]) => `- \`${name}\`: ${what}`),
    '',
    '## One call',
    '',
    `Nanoseconds: medians of ${rounds} rounds; what it adds is the median of the paired differences with its 95 % interval.`,
    '',
    ...callTable(calls),
    '',
    ...instructionTable(measured),
    ...(addons.length === 0 ? [] : ['## Addons', '', ...addonTable(addons), '']),
    '## Goals',
    '',
    ...goalTable(calls, addons),
  ].join('\n')}\n`
}

function machineLines({ date, rounds, machine, loadAfter, valgrind, addons }) {
  const packages = addons.map(({ name, version }) => `${name} ${version}`).join(', ')
  return [
    `${date}. ${machine.cpu}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}, ${machine.compiler}${valgrind === undefined ? '' : `, ${valgrind}`}.`,
    `${packages === '' ? '' : `${packages}. `}Load ${machine.load.toFixed(1)} at the beginning, ${loadAfter.toFixed(1)} at the end.`,
    `n = ${rounds} rounds, in each of which every configuration had its turn; CPU time. Made by \`node bench/layer/run.mjs --write\`.`,
  ]
}

function callTable(calls) {
  return [
    ...head(['ns per call', 'plain', 'pass', 'check', '`pass` adds', '`check` adds']),
    ...Object.entries(calls).map(([name, of]) =>
      cells([
        title(name),
        ...['plain', 'pass', 'check'].map((one) => ns(medianOf(of[one]))),
        interval(differenceOf(of.pass, of.plain), ns),
        interval(differenceOf(of.check, of.plain), ns),
      ]),
    ),
  ]
}

function instructionTable({ callInstructions, addons }) {
  const rows = [
    ...Object.entries(callInstructions),
    ...addons.flatMap(({ name, instructions }) =>
      instructions === undefined ? [] : [[`one operation of ${name}`, instructions]],
    ),
  ]
  if (rows.length === 0) return []
  return [
    '## Instructions',
    '',
    'Counted by callgrind in all threads of the process, system calls not included.',
    '',
    ...head(['instructions', 'plain', 'pass', 'check', '`check` adds', '`check` ÷ `plain`']),
    ...rows.map(([name, of]) =>
      cells([
        title(name),
        ...['plain', 'pass', 'check'].map((one) => whole(of[one])),
        whole(of.check - of.plain),
        (of.check / of.plain).toFixed(2),
      ]),
    ),
    '',
  ]
}

function addonTable(addons) {
  const names = Object.keys(configurations)
  return [
    'Milliseconds of CPU per operation, of all threads; ratios are medians of the paired ratios with their 95 % intervals.',
    '',
    ...head(['', ...names, '`pass` ÷ `plain`', '`check` ÷ `plain`', '`layer` ÷ `agent`']),
    ...addons.map(({ name, msPerOperation: of }) =>
      cells([
        name,
        ...names.map((one) => medianOf(of[one]).toPrecision(3)),
        ...[
          ['pass', 'plain'],
          ['check', 'plain'],
          ['layer', 'agent'],
        ].map(([over, under]) =>
          interval(ratioOf(of[over], of[under]), (value) => value.toFixed(2)),
        ),
      ]),
    ),
  ]
}

function goalTable(calls, addons) {
  // What allocates takes so long that a nanosecond more or less is not told apart.
  const isCheap = (name) => !withStacks.includes(name)
  const worst = (over, isKept) =>
    Object.entries(calls)
      .filter(([name]) => isKept(name))
      .map(([name, of]) => ({ name, ...differenceOf(of[over], of.plain) }))
      .reduce((a, b) => (upper(b) > upper(a) ? b : a))
  const rows = [
    [
      `≤ ${goals.passNs} ns for a call that is passed through`,
      worst('pass', isCheap),
      goals.passNs,
    ],
    [`≤ ${goals.checkedNs} ns for a checked call`, worst('check', isCheap), goals.checkedNs],
    ...withStacks.map((name) => [
      `≤ ${goals.checkedNs} ns for a call with stacks`,
      { name, ...differenceOf(calls[name].check, calls[name].plain) },
      goals.checkedNs,
    ]),
  ].map(([goal, most, limit]) =>
    cells([goal, `${interval(most, ns)} (${title(most.name)})`, verdict(upper(most), limit)]),
  )
  const ratios = addons.map(({ name, msPerOperation: of }) => {
    const ratio = ratioOf(of.check, of.plain)
    const shown = interval(ratio, (value) => value.toFixed(2))
    return cells([`≤ ${goals.ratio}× on ${name}`, shown, verdict(upper(ratio), goals.ratio)])
  })
  return [
    ...head(['goal', 'measured, the worst of all', '']),
    ...rows,
    ...ratios,
    '',
    'A goal is met when the upper end of the interval is.',
  ]
}
