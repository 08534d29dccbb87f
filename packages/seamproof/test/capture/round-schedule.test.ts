import { expect, test } from 'vitest'
import { roundNumber, warmUp } from '../../src/capture/subject/round-schedule.js'

/** Counts its operations; each takes no time. */
function countingWorkload() {
  const counted = { operations: 0 }
  const workload = {
    operations: async (count: number) => {
      counted.operations += count
    },
  }
  return { workload, counted }
}

test('a round number of operations is the next 1, 2 or 5 times a power of ten below', () => {
  expect([1, 3, 7, 19, 20, 49, 51, 4_999, 20_000].map(roundNumber)).toEqual([
    1, 2, 5, 10, 20, 20, 50, 2_000, 20_000,
  ])
})

test('a fast workload gets rounds of 20,000 operations after a warm-up of at least as many', async () => {
  const { workload, counted } = countingWorkload()
  const schedule = await warmUp(workload, {})
  expect(schedule.operationsPerRound).toBe(20_000)
  expect(schedule.rounds).toBe(6)
  expect(schedule.warmupOperations).toBeGreaterThanOrEqual(20_000)
  expect(schedule.warmupOperations).toBe(counted.operations)
})

test('what the user asks for is done to the number', async () => {
  const { workload, counted } = countingWorkload()
  const wishes = { operationsPerRound: 300, rounds: 9, warmupOperations: 1_000 }
  expect(await warmUp(workload, wishes)).toEqual(wishes)
  expect(counted.operations).toBe(1_000)
})

test('a warm-up of none is none', async () => {
  const { workload, counted } = countingWorkload()
  await warmUp(workload, { operationsPerRound: 300, warmupOperations: 0 })
  expect(counted.operations).toBe(0)
})

test('a workload that hoards memory gets rounds that the machine can afford', async () => {
  const hoard: Buffer[] = []
  const workload = {
    operations: async (count: number) => {
      for (let done = 0; done < count; done++) hoard.push(Buffer.alloc(1_000_000, 1))
    },
  }
  const { operationsPerRound, rounds, warmupOperations } = await warmUp(workload, {})
  expect(hoard).toHaveLength(warmupOperations)
  expect((warmupOperations + operationsPerRound * rounds) * 1_000_000).toBeLessThan(2 ** 31)
})
