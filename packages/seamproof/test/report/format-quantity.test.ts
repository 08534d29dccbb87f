import { describe, expect, test } from 'vitest'
import {
  formatByteRate,
  formatBytes,
  formatCount,
  formatDate,
  formatDuration,
  formatPercent,
  formatRate,
  formatSigned,
} from '../../src/report/format-quantity.js'

describe('quantities', () => {
  test('bytes have binary units and three digits', () => {
    const shown = [0, 1, 1023, 1024, 1536, 10_239, 1_048_576, 1_048_575, 5e9, -2048]
    expect(shown.map(formatBytes)).toEqual([
      '0 B',
      '1 B',
      '1023 B',
      '1.00 KiB',
      '1.50 KiB',
      '10.0 KiB',
      '1.00 MiB',
      '1.00 MiB',
      '4.66 GiB',
      '-2.00 KiB',
    ])
  })

  test('a rate of whole bytes reads as the size that stands in the source', () => {
    expect([64, 63.98, 40.2, 0.5, 1200, 360_000, 0].map(formatByteRate)).toEqual([
      '64 B',
      '64 B',
      '40.2 B',
      '0.50 B',
      '1,200 B',
      '360,000 B',
      '0 B',
    ])
  })

  test('a small rate is never shown as zero', () => {
    expect([1, 0.0039, 0.00001, 1e-9, 18.32, 0].map(formatRate)).toEqual([
      '1.00',
      '0.0039',
      '0.00001',
      '1.0e-9',
      '18.3',
      '0',
    ])
  })

  test('a share that is not all or nothing never reads as all or nothing', () => {
    expect([0, 0.0001, 0.5, 0.9996, 1, Number.NaN].map(formatPercent)).toEqual([
      '0 %',
      '<0.1 %',
      '50.0 %',
      '>99.9 %',
      '100 %',
      '–',
    ])
  })

  test('counts, durations, dates and signs read as people write them', () => {
    expect(formatCount(1234567)).toBe('1,234,567')
    expect(formatCount(-1234)).toBe('-1,234')
    expect([0.5, 12, 1500, 61_000, 3_700_000].map(formatDuration)).toEqual([
      '500 µs',
      '12 ms',
      '1.50 s',
      '1 min 1 s',
      '1 h 1 min',
    ])
    expect(formatDate('2026-11-23T08:30:00.000Z')).toBe('2026-11-23 08:30:00 UTC')
    expect(formatSigned(5, formatCount)).toBe('+5')
    expect(formatSigned(0, formatCount)).toBe('0')
  })
})
