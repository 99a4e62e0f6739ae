/** lines are the paths that a person wrote, one a line. */
export const lines = (text: string): string[] => text.split('\n').map((l) => l.trim()).filter(Boolean)
