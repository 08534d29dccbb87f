import type { SampleState } from '../../contract/cpu-profile.js'

/** Not on a core: no CPU time passes. */
export const isWaiting = (state: SampleState): boolean => state === 'idle' || state === 'runnable'
