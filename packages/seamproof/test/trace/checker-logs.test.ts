import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAsanLog } from '../../src/trace/asan-log.js'
import { PerfMap } from '../../src/trace/perf-map.js'
import { parseSanitizerFrame } from '../../src/trace/sanitizer-frame.js'
import { parseTsanLog } from '../../src/trace/tsan-log.js'
import { parseUbsanLog } from '../../src/trace/ubsan-log.js'
import { parseValgrindXml } from '../../src/trace/valgrind-xml.js'

const frame = (n: number, module: string, name: string, file = '<null>', line = 0) =>
  `    #${n}|0x7f00000${n}|${module}|0x11a${n}|${name}|${file}|${line}|0`

describe('a frame of a sanitizer', () => {
  test('keeps module, offset, function and line', () => {
    expect(
      parseSanitizerFrame(frame(1, '/a/x.node', 'grow(int, char**)', '/src/x.cc', 12)),
    ).toEqual({
      pc: 0x7f000001,
      modulePath: '/a/x.node',
      moduleOffset: 0x11a1,
      functionName: 'grow(int, char**)',
      file: '/src/x.cc',
      line: 12,
    })
  })

  test('of code that V8 made has an address and nothing else', () => {
    expect(parseSanitizerFrame('    #9|0x7f0012|<unknown module>|0x0|<null>|<null>|0|0')).toEqual({
      pc: 0x7f0012,
    })
  })

  test('may have separators in the name of its function', () => {
    const parsed = parseSanitizerFrame(frame(0, '/a/x.node', 'operator||(T, T)', '/x.cc', 3))
    expect(parsed).toMatchObject({ functionName: 'operator||(T, T)', file: '/x.cc', line: 3 })
  })
})

describe('a log of AddressSanitizer', () => {
  const log = [
    '=================================================================',
    '==41==ERROR: AddressSanitizer: heap-use-after-free on address 0x6 at pc 0x7 bp 0x8 sp 0x9',
    'READ of size 4 at 0x6 thread T3',
    frame(0, '/a/x.node', 'reads', '/src/x.c', 5),
    '',
    '0x6 is located 8 bytes inside of 40-byte region [0x1,0x2)',
    'freed by thread T0 here:',
    frame(0, '/lib/libasan.so.8', 'free'),
    frame(1, '/a/x.node', 'frees', '/src/x.c', 4),
    '',
    'previously allocated by thread T0 here:',
    frame(0, '/lib/libasan.so.8', 'malloc'),
    '',
    'SUMMARY: AddressSanitizer: heap-use-after-free /src/x.c:5 in reads',
    'Shadow bytes around the buggy address:',
    '  0x0c: fa fa',
    '=================================================================',
    '==41==ERROR: LeakSanitizer: detected memory leaks',
    '',
    'Direct leak of 64 byte(s) in 2 object(s) allocated from:',
    frame(0, '/lib/libasan.so.8', 'malloc'),
    frame(1, '/a/x.node', 'leaks', '/src/x.c', 9),
    '',
    'Indirect leak of 8 byte(s) in 1 object(s) allocated from:',
    frame(0, '/lib/libasan.so.8', 'malloc'),
    '',
    'SUMMARY: AddressSanitizer: 72 byte(s) leaked in 3 allocation(s).',
    '',
  ].join('\n')

  test('gives each stack its part in the story', () => {
    const [first] = parseAsanLog(log).reports
    expect(first).toMatchObject({ rule: 'heap-use-after-free', pid: 41 })
    expect(first!.stacks.map(({ role, thread }) => [role, thread])).toEqual([
      ['now', 'T3'],
      ['freed', 'T0'],
      ['allocated', 'T0'],
    ])
    expect(first!.text).toContain('8 bytes inside of 40-byte region')
    expect(first!.text).not.toContain('Shadow')
  })

  test('gives leaks with what they lost, and where in the log they stand', () => {
    const leaks = parseAsanLog(log).reports.slice(1)
    expect(leaks.map(({ rule, bytes, blocks }) => [rule, bytes, blocks])).toEqual([
      ['Direct leak', 64, 2],
      ['Indirect leak', 8, 1],
    ])
    expect(log.slice(leaks[0]!.offset)).toMatch(/^Direct leak of 64/)
    expect(leaks[0]!.stacks[0]!.frames[1]!.functionName).toBe('leaks')
  })

  test('without ptrace says so', () => {
    const { faults } = parseAsanLog('==7==LeakSanitizer has encountered a fatal error.\n')
    expect(faults).toEqual(['LeakSanitizer has encountered a fatal error.'])
  })

  test('names double frees, bad frees and crashes', () => {
    const rules = [
      'attempting double-free on 0x6 in thread T0:',
      'attempting free on address which was not malloc()-ed: 0x6 in thread T0',
      'alloc-dealloc-mismatch (operator new [] vs free) on 0x6',
      'SEGV on unknown address 0x000000000000 (pc 0x1)',
      'negative-size-param: (size=-1)',
    ].map(
      (headline) => parseAsanLog(`==1==ERROR: AddressSanitizer: ${headline}\n`).reports[0]!.rule,
    )
    expect(rules).toEqual([
      'double-free',
      'bad-free',
      'alloc-dealloc-mismatch',
      'SEGV',
      'negative-size-param',
    ])
  })
})

test('a log of ThreadSanitizer gives both accesses, the block and the threads', () => {
  const log = [
    '==================',
    'WARNING: ThreadSanitizer: data race (pid=12)',
    '  Write of size 4 at 0x7b by thread T8 (mutexes: write M1):',
    frame(0, '/a/x.node', 'bump', '/src/x.c', 3),
    '',
    '  Previous atomic read of size 4 at 0x7b by main thread:',
    frame(0, '/a/x.node', 'look', '/src/x.c', 8),
    '',
    '  Location is heap block of size 128 at 0x7b allocated by thread T1:',
    frame(0, '/a/x.node', 'make'),
    '',
    "  Thread T8 'pool' (tid=9, running) created by main thread at:",
    frame(0, '/lib/libtsan.so', 'pthread_create'),
    '',
    'SUMMARY: ThreadSanitizer: data race /src/x.c:3 in bump',
    '==================',
    'WARNING: ThreadSanitizer: lock-order-inversion (potential deadlock) (pid=12)',
    '  Mutex M2 acquired here while holding mutex M1 in main thread:',
    frame(0, '/a/x.node', 'lock'),
    '',
  ].join('\n')
  const { reports, pid } = parseTsanLog(log)
  expect(pid).toBe(12)
  expect(reports.map(({ rule }) => rule)).toEqual(['data race', 'lock-order-inversion'])
  expect(reports[0]!.stacks.map(({ role, thread }) => [role, thread])).toEqual([
    ['now', 'T8'],
    ['other-access', 'main'],
    ['allocated', 'T1'],
    ['thread-created', 'T8'],
  ])
  expect(reports[1]!.stacks.map(({ role }) => role)).toEqual(['lock-taken'])
})

describe('a log of UndefinedBehaviorSanitizer', () => {
  test('names the check that its sentence comes from', () => {
    const said = (message: string) => parseUbsanLog(`../x.c:1:2: runtime error: ${message}\n`)
    const rules = [
      'signed integer overflow: 1 + 2 cannot be represented in type int',
      'shift exponent 33 is too large for 32-bit type int',
      'index 9 out of bounds for type int [4]',
      "member access within null pointer of type 'struct s'",
      'load of misaligned address 0x1 for type int, which requires 4 byte alignment',
      'division by zero',
    ].map((message) => said(message).reports[0]!.rule)
    expect(rules).toEqual([
      'signed-integer-overflow',
      'shift',
      'bounds',
      'null',
      'alignment',
      'integer-divide-by-zero',
    ])
  })

  test('has the place it printed where there is no stack', () => {
    const { reports } = parseUbsanLog('/src/x.c:41:7: runtime error: division by zero\n')
    expect(reports[0]!.stacks[0]!.frames).toEqual([
      { pc: 0, file: '/src/x.c', line: 41, column: 7 },
    ])
  })
})

describe('the XML of valgrind', () => {
  const stack = (name: string) =>
    `<stack><frame><ip>0x4A1</ip><obj>/a/x.node</obj><fn>${name}</fn><dir>/src</dir><file>x.c</file><line>7</line></frame></stack>`
  const error = `<error><unique>0x1</unique><tid>1</tid><kind>InvalidRead</kind><what>Invalid read of size 4</what>${stack('reads&lt;int&gt;')}<auxwhat>Address 0x5 is 8 bytes inside a block of size 40 free'd</auxwhat>${stack('frees')}<auxwhat>Block was alloc'd at</auxwhat>${stack('makes')}</error>`
  const leak = `<error><unique>0x2</unique><tid>1</tid><kind>Leak_DefinitelyLost</kind><xwhat><text>64 bytes in 2 blocks are definitely lost</text><leakedbytes>64</leakedbytes><leakedblocks>2</leakedblocks></xwhat>${stack('leaks')}</error>`
  const whole = `<?xml version="1.0"?><valgrindoutput><pid>77</pid><tool>memcheck</tool>${error}${leak}<errorcounts><pair><count>1</count></pair></errorcounts></valgrindoutput>`

  test('gives the stacks, their parts, and the process', () => {
    const { reports, pid } = parseValgrindXml(whole)
    expect(pid).toBe(77)
    expect(reports.map(({ rule }) => rule)).toEqual(['InvalidRead', 'Leak_DefinitelyLost'])
    expect(reports[0]!.stacks.map(({ role, frames }) => [role, frames[0]!.functionName])).toEqual([
      ['now', 'reads<int>'],
      ['freed', 'frees'],
      ['allocated', 'makes'],
    ])
    expect(reports[0]!.stacks[0]!.frames[0]).toMatchObject({ file: '/src/x.c', line: 7, pc: 0x4a1 })
    expect(reports[1]).toMatchObject({ bytes: 64, blocks: 2 })
  })

  test.each(['inside', 'before', 'after'])('knows who made a block that is %s', (where) => {
    const text = `Address 0x5 is 0 bytes ${where} a block of size 40 alloc'd`
    const reads = error.replace(/Address .* free'd(?=<)/, text)
    const [report] = parseValgrindXml(whole.replace(error, reads)).reports
    expect(report!.stacks[1]!.role).toBe('allocated')
  })

  test('says where in the file each error begins', () => {
    for (const { offset, rule } of parseValgrindXml(whole).reports)
      expect(whole.slice(offset, offset + 120)).toContain(`<kind>${rule}</kind>`)
  })

  test('of a process that was killed gives what it holds, and says that it ends early', () => {
    const cut = whole.slice(0, whole.indexOf('<kind>Leak') + 10)
    const { reports, faults } = parseValgrindXml(cut)
    expect(reports).toHaveLength(1)
    expect(faults).toHaveLength(1)
  })

  test('names the signal that ended the process', () => {
    const { fatalSignal } = parseValgrindXml(
      '<valgrindoutput><fatal_signal><tid>1</tid><signo>11</signo><signame>SIGSEGV</signame></fatal_signal></valgrindoutput>',
    )
    expect(fatalSignal).toBe('SIGSEGV')
  })
})

test('no parser throws, whatever is in the log', () => {
  const word = fc.constantFrom(
    '==1==ERROR: AddressSanitizer: ',
    'WARNING: ThreadSanitizer: ',
    'x.c:1:2: runtime error: ',
    'Direct leak of 5 byte(s) in 1 object(s) allocated from:',
    'READ of size 4 thread T1',
    '    #0|0x1|<null>|0x0|<null>|<null>|0|0',
    '<error>',
    '</error>',
    '<stack><frame><ip>0x1</ip>',
    '</frame></stack>',
    '<valgrindoutput>',
    '&amp',
    '\n',
    '=====',
  )
  const bytes = fc.oneof(word, fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(fc.array(bytes), (parts) => {
      const text = parts.join('')
      for (const parse of [parseAsanLog, parseTsanLog, parseUbsanLog, parseValgrindXml])
        for (const report of parse(text).reports) {
          expect(report.offset).toBeGreaterThanOrEqual(0)
          expect(report.stacks.every(({ frames }) => frames.length > 0)).toBe(true)
        }
      PerfMap.parse(text)
    }),
    { numRuns: 500 },
  )
})

describe('a map of what V8 compiled', () => {
  const map = PerfMap.parse(
    [
      '7f00 40 JS:~first /a.js:1:1',
      '7f40 20 JS:~second /a.js:2:1',
      'garbage',
      '7f00 40 JS:*third /a.js:3:1',
    ].join('\n'),
  )

  test('gives the last code at an address: memory is used again', () => {
    expect(map.at(0x7f10)?.name).toBe('JS:*third /a.js:3:1')
    expect(map.at(0x7f50)?.name).toBe('JS:~second /a.js:2:1')
  })

  test('takes an address just behind the end for that of a return', () => {
    expect(map.at(0x7f60)?.name).toBe('JS:~second /a.js:2:1')
    expect(map.at(0x7f61)).toBeUndefined()
  })
})
