/** scaled is a length in pixels as it is with the size of letters that the person has chosen in the browser: 16 are the usual one. */
export function scaled(px: number): number {
  if (typeof document === 'undefined') return px
  return (px * parseFloat(getComputedStyle(document.documentElement).fontSize)) / 16
}
