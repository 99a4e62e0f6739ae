export type Text = string | Record<string, string>
export const locales: string[]
export function readCatalogues(): Record<string, Record<string, Text>>
export function faults(all: Record<string, Record<string, Text>>): string[]
export function types(all: Record<string, Record<string, Text>>): string
export function catalogue(all: Record<string, Record<string, Text>>, locale: string): string
export function compileMessages(): void
