/** The addon of @seamproof/agent with the cheapest crossings there are. */
export interface CalibrationCrossings {
  empty(): void
  threeIntegers(a: number, b: number, c: number): void
  allocatePairs(bytes: number, count: number): void
}

const callCount = 20_000

/** Under an instrument: what it adds to a crossing is then known from the same process. */
export function callCalibration({
  empty,
  threeIntegers,
}: Pick<CalibrationCrossings, 'empty' | 'threeIntegers'>): void {
  for (let call = 0; call < callCount; call++) empty()
  for (let call = 0; call < callCount; call++) threeIntegers(1, 2, 3)
}
