let tick = $state(Date.now())

if (typeof window !== 'undefined') setInterval(() => (tick = Date.now()), 10_000)

/** now is the present, to within ten seconds; reading it makes relative times move on. */
export const now = () => Math.max(tick, Date.now() - 10_000)
