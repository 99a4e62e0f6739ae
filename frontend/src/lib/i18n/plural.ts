const rules = new Map<string, Intl.PluralRules>()

/** plural says which form of a message a count takes. */
export function plural(locale: string, count: number): string {
  let rule = rules.get(locale)
  if (!rule) rules.set(locale, (rule = new Intl.PluralRules(locale)))
  return rule.select(count)
}

const thousands = new Intl.NumberFormat('en')

/** digits writes a whole number with its thousands apart. */
export const digits = (n: number) => thousands.format(n)
