'use strict'
// Pure JavaScript of several kinds: parsing, sorting, maps, text, numbers.   node compute.cjs ROUNDS
const rounds = Number(process.argv[2])
let random = 1
const next = () => {
  random = (Math.imul(random, 1103515245) + 12345) >>> 0
  return random
}
const makeRows = () =>
  Array.from({ length: 2000 }, (_, id) => ({
    id,
    name: `row ${next() % 5000}`,
    values: [next(), next()],
  }))
function parsed(rows) {
  return JSON.parse(JSON.stringify(rows))
}
const sorted = (rows) => rows.sort((a, b) => a.name.localeCompare(b.name, 'en') || a.id - b.id)
function grouped(rows) {
  const groups = new Map()
  for (const row of rows) groups.set(row.name, (groups.get(row.name) ?? 0) + row.values[0])
  return groups
}
function words(rows) {
  return rows.map(({ name }) =>
    name.replace(/\d+/, (digits) => digits.split('').reverse().join('')),
  )
}
function numbers() {
  let sum = 0
  for (let i = 1; i < 200_000; i++) sum += Math.sqrt(i) / (i % 7 || 1)
  return sum
}
let checksum = 0
function round() {
  const rows = sorted(parsed(makeRows()))
  checksum += grouped(rows).size + words(rows).length + numbers()
}
module.exports = { round }
if (require.main === module) {
  for (let done = 0; done < rounds; done++) round()
  if (checksum === 0) throw new Error('nothing was computed')
}
