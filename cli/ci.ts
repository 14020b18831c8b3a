/** A CI service may offer a terminal, but keeps a log, and nobody sits before it. */
export function inCi(environment: NodeJS.ProcessEnv): boolean {
  const ci = environment['CI'] ?? '';
  return ci !== '' && ci !== 'false';
}
