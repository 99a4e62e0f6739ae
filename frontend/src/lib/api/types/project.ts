export type { FsckReport, Project, ProjectQuestion as Trust, Settings, SourceFile } from '../types.gen'
