export type {
  Monitor,
  MonitorAlert as Alert,
  MonitorBrief as Brief,
  MonitorColumn as DriftColumn,
  MonitorConfig,
  MonitorEffect as Effect,
  MonitorEvaluation as Evaluation,
  MonitorHistogram as Histogram,
  MonitorQuality as Quality,
  MonitorVerdict as Verdict,
  MonitorWindow as Window,
} from '../types.gen'
