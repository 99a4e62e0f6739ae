/** titles name the attribute columns' words in the catalogue where they differ from the attribute's own name. */
export const titles: Record<string, string> = { start_time: 'started' }
