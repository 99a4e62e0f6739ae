export type { Span, SpanEvent, Trace, TraceAssessment as Assessment, TraceDetail, TracePage } from '../types.gen'
