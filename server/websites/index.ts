/**
 * What the machines of jobs expose, for browsers: a reverse proxy to each Layerfile's websites, under a host or a path of their own, that
 * wakes a machine from its snapshot and lets it sleep when nobody uses it.
 *
 * Invariants:
 * - nobody comes to a website without a pass, which is had with a ticket, which only members get; both count for that website only;
 * - a guest sees nothing that is Layer's (cookies, tokens), and what it answers can neither set such nor act as the dashboard;
 * - nothing is run for a website: where its machine is not stored any more, that is said.
 */
export { Websites } from './websites.ts';
