/** The bugs of a workload file: `seed('name', 'what is wrong', …)`. */
export function seedsIn(source) {
  return [...source.matchAll(/^seed\(\s*'(\w+)',\s*'([^']+)'/gm)].map(([, name, what]) => ({
    name,
    what,
  }))
}

/** Lists of findings → the page. A bug is found by an instrument when one of its reports names the bug's workload. */
export function matrixMarkdown({ instruments, sources, seeded, clean, missingCount, machine }) {
  const families = Object.entries(sources).map(([file, source]) => {
    const runs = seeded
      .filter((one) => one.file === file || one.file === 'all.seam.ts')
      .flatMap(({ list }) => list.runs)
    const bugs = seedsIn(source).map((seed) => ({
      ...seed,
      cells: instruments.map((instrument) => cellOf(runs, instrument, seed.name)),
    }))
    return { family: file.replace('.seam.ts', ''), bugs }
  })
  const bugs = families.flatMap((family) => family.bugs)
  const found = bugs.filter(({ cells }) => cells.some(isFound))
  const alarms = alarmsOf(clean)
  return `${[
    '# Who finds what',
    `The addon in [examples/seeded](../examples/seeded/README.md) has ${bugs.length} bugs of different kinds; its twin does the same work without them. \`node scripts/bug-matrix.mjs\` runs every instrument on both and writes this page from what they reported. ${machine}.`,
    `**${found.length} of ${bugs.length} bugs were found by at least one instrument; the clean twin gave ${count(alarms.length, 'finding')}.**`,
    ...(missingCount > 0
      ? [`NOT FINISHED: ${count(missingCount, 'check')} still to be made.`]
      : []),
    '✓ found · · looked and saw nothing · – could not be run to its end',
    ...families.map((family) => familySection(family, instruments)),
    ...section(
      'Found by none',
      bugs.filter((bug) => !found.includes(bug)).map(({ name }) => name),
    ),
    ...section('Findings on the clean twin', alarms),
    ...section('Not run to the end', notRun('seeded', seeded).concat(notRun('clean', clean))),
    ...section('What each cannot see', blindSpots(instruments, [...seeded, ...clean])),
  ].join('\n\n')}\n`
}

const isFound = ({ mark }) => mark === '✓'

/** What one instrument says about one bug; the rules are its own words. */
function cellOf(allRuns, instrument, name) {
  const runs = allRuns.filter(
    (run) =>
      run.instrument === instrument &&
      (run.workloads === undefined || run.workloads.includes(name) || run.status === 'not-run'),
  )
  const reports = runs
    .flatMap((run) => run.reports)
    .filter((report) => report.severity !== 'advice' && isOf(report, name))
  const rules = [...new Set(reports.map(({ rule }) => rule))]
  if (rules.length > 0) return { mark: '✓', instrument, rules }
  return { mark: runs.some(({ status }) => status === 'ran') ? '·' : '–', instrument, rules }
}

/** By its workload; where an instrument does not know that (a crash ends the process), by the bug's own function on a stack. */
function isOf({ workload, stacks }, name) {
  if (workload) return workload === name
  const inC = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return stacks.some(({ frames }) =>
    frames.some(({ functionName }) => functionName.startsWith(inC)),
  )
}

function familySection({ family, bugs }, instruments) {
  return [
    `## ${family}`,
    '',
    `| bug | ${instruments.join(' | ')} |`,
    `|---|${instruments.map(() => ':-:').join('|')}|`,
    ...bugs.map(
      ({ name, cells }) => `| \`${name}\` | ${cells.map(({ mark }) => mark).join(' | ')} |`,
    ),
    '',
    ...bugs.map(
      ({ name, what, cells }) => `- \`${name}\`: ${what}. ${foundAs(cells.filter(isFound))}`,
    ),
  ].join('\n')
}

function foundAs(cells) {
  if (cells.length === 0) return 'Found by none.'
  return `Found by ${cells.map(({ instrument, rules }) => `${instrument} as ${rules.map((rule) => `_${rule}_`).join(', ')}`).join('; ')}.`
}

function alarmsOf(clean) {
  return clean.flatMap(({ file, list }) =>
    list.findings
      .filter(({ severity }) => severity !== 'advice')
      .map((finding) => `${file}: ${finding.message} (${finding.instruments.join(', ')})`),
  )
}

function notRun(side, lists) {
  const lines = lists.flatMap(({ file, list }) =>
    list.runs
      .filter(({ status }) => status === 'not-run')
      .map(({ instrument, reason }) => `${side}, ${instrument} on ${file}: ${shortened(reason)}`),
  )
  return [...new Set(lines)]
}

function blindSpots(instruments, lists) {
  const runs = lists.flatMap(({ list }) => list.runs)
  return instruments.flatMap((instrument) => {
    const spots = new Set(
      runs.filter((run) => run.instrument === instrument).flatMap((run) => run.blindSpots),
    )
    return spots.size === 0 ? [] : [`**${instrument}**: ${[...spots].join('; ')}.`]
  })
}

/** Without what is only of use on the machine it was made on. */
const shortened = (reason) => reason.replaceAll('\n', ' ').replace(/; (see|run it) .*$/, '')

const count = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`

const section = (title, lines) =>
  lines.length === 0 ? [] : [`## ${title}`, lines.map((line) => `- ${line}`).join('\n')]
