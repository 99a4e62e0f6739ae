export type Text = string | Record<string, string>
export const locales: string[]
export function readCatalogues(): Record<string, Record<string, Text>>
export function faults(all: Record<string, Record<string, Text>>): string[]
export function generate(all: Record<string, Record<string, Text>>): string
export function compileMessages(): void
