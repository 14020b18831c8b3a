/**
 * A WebSocket to a shell in the machine of a step, as its job left it. Each is a worker; nothing that is done in one is kept.
 *
 * Invariants:
 * - neither a guest that prints for ever nor a browser that never reads grows the server's memory: each side waits for the other;
 * - a terminal ends with its socket, its machine with it; one that nobody uses is ended;
 * - who may open one was decided before: the route's business.
 */
export { type TerminalOptions, Terminals } from './terminals.ts';
