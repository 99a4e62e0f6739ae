export type { FsckReport, Project, ProjectQuestion as Trust, DatasetRepaired as Repaired, Settings, SourceFile } from '../types.gen'
