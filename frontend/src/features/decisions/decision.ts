import type { Decision } from '$lib/api/types'

/** isWaiting says whether a decision cannot go on without a person. */
export const isWaiting = (d: Decision) => ['waiting', 'asked', 'pending'].includes(d.status)
