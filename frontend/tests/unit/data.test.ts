import { describe, expect, it } from 'vitest'
import { shade } from '$features/data/associations'

describe('the colour of a coefficient', () => {
  it('grows with its size, whichever its sign', () => {
    expect(shade(0)).toBe('0%')
    expect(shade(-1)).toBe(shade(1))
    expect(parseInt(shade(0.9))).toBeGreaterThan(parseInt(shade(-0.5)))
  })
  it('leaves the number readable', () => expect(parseInt(shade(7))).toBeLessThanOrEqual(45))
  it('is none where the coefficient is not defined', () => {
    expect(shade(null)).toBe('0%')
    expect(shade(undefined)).toBe('0%')
    expect(shade(NaN)).toBe('0%')
  })
})
