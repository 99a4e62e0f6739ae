export type { Health, Project, ProjectQuestion as Trust, Settings, SourceFile } from '../types.gen'
