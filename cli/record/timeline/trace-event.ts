/**
 * The Trace Event Format of Chrome, as far as it is used here; Perfetto and chrome://tracing open it. Source: "Trace Event
 * Format" (docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU) and Perfetto's importer,
 * json_trace_parser.cc. Times are whole microseconds. Slices of one thread must nest.
 */
export type TraceEvent = Slice | Instant | FlowPoint | Counter | Metadata;

/** What went on for a while; `dur` is how long. */
export interface Slice extends OnThread {
  readonly ph: 'X';
  readonly dur: number;
  readonly args: TraceArguments;
}

/** What took no time; `s` says that it is shown on its thread. */
interface Instant extends OnThread {
  readonly ph: 'i';
  readonly s: 't';
  readonly args: TraceArguments;
}

/** The beginning or end of an arrow, from one slice to another; both have the same `id`. `bp`: to the slice around it. */
interface FlowPoint extends OnThread {
  readonly ph: 's' | 'f';
  readonly id: number;
  readonly bp?: 'e';
}

interface Counter extends OnThread {
  readonly ph: 'C';
  readonly args: Readonly<Record<string, number>>;
}

interface Metadata {
  readonly ph: 'M';
  readonly name: 'process_name' | 'process_sort_index' | 'thread_name' | 'thread_sort_index';
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly name: string } | { readonly sort_index: number };
}

interface OnThread {
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
}

export type TraceArguments = Readonly<Record<string, unknown>>;

export interface TraceFile {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, string | number>>;
}
