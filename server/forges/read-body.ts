/** What a webhook says: JSON, or a form with JSON in its field `payload`, as GitHub may be set to send it. Undefined for what is neither. */
export function readBody(contentType: string, body: Buffer): unknown {
  const text = body.toString('utf8');
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(contentType);
  const json = isForm ? (new URLSearchParams(text).get('payload') ?? '') : text;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
