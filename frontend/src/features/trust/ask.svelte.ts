/** ask is the trust question: whether it must be asked, and whether it is on the screen. */
export const ask = $state({ open: false, needed: false })
