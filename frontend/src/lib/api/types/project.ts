export type { FsckReport, Project, ProjectQuestion as Trust, Repaired, Settings, SourceFile } from '../types.gen'
