export type { Project, ProjectQuestion as Trust, Settings, SourceFile } from '../types.gen'
