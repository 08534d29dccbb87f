import { describe, expect, test } from 'vitest'
import {
  categoryFills,
  categoryStyles,
  themes,
} from '../../src/report/flamegraph/client/palette.js'
import { frameCategories } from '../../src/report/flamegraph/flamegraph-document.js'

type Rgb = [number, number, number]

function rgbOf(colour: string): Rgb {
  if (colour.startsWith('#'))
    return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255) as Rgb
  const [hue, saturation, lightness] = colour.match(/-?[\d.]+/g)!.map(Number) as Rgb
  const light = lightness / 100
  const reach = (saturation / 100) * Math.min(light, 1 - light)
  return [0, 8, 4].map((offset) => {
    const turn = (offset + hue / 30) % 12
    return light - reach * Math.max(-1, Math.min(turn - 3, 9 - turn, 1))
  }) as Rgb
}

/** Relative luminance as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [red, green, blue] = rgbOf(colour).map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  ) as Rgb
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(first: string, second: string): number {
  const [dark, light] = [luminance(first), luminance(second)].sort((a, b) => a - b) as [
    number,
    number,
  ]
  return (light + 0.05) / (dark + 0.05)
}

describe.each(['light', 'dark'] as const)('in the %s theme', (shade) => {
  test.each(frameCategories)('a label on %s is readable (WCAG AA)', (category) => {
    for (const fill of categoryFills(category, shade))
      expect(contrast(fill, themes[shade].text), fill).toBeGreaterThan(4.5)
  })

  test('the kinds of frame differ by pattern too, so that hue alone never decides', () => {
    // WebAssembly and JavaScript are both code of the program: they may share one.
    const others = frameCategories.filter((category) => category !== 'wasm')
    const patterns = others.map((category) => categoryStyles[category].pattern)
    expect(new Set(patterns).size).toBe(patterns.length)
  })
})
