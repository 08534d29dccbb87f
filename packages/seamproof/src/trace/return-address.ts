/** A pc of 64 bits: a walk that went astray leaves any, and those after it are written as differences to it. */
export type ReturnAddress = number | bigint

export function addressAfter(last: ReturnAddress, difference: number | bigint): ReturnAddress {
  if (typeof last === 'number' && typeof difference === 'number') {
    const sum = last + difference
    if (sum >= 0 && sum <= Number.MAX_SAFE_INTEGER) return sum
  }
  const sum = BigInt.asUintN(64, BigInt(last) + BigInt(difference))
  return sum <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(sum) : sum
}
