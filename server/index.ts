/**
 * `layer serve`: git, jobs, the HTTP API and the page, in one process; each run of a job, each terminal and each website's machine
 * is a process of its own, a worker. This is loaded by that command only, from the sources.
 *
 * Invariants:
 * - one server works in a data folder at a time;
 * - what somebody was told has been accepted survives the end of the process at any instant;
 * - no secret and no token is in a log, an address of ours, or the arguments of a process.
 */
export { createToken, installHook, listTokens, revokeToken } from './administer.ts';
export { startCpuProfile } from './operations/index.ts';
export { type RunningServer, type ServeOptions, startServer } from './serve.ts';
