/** What a server that has just started has to tell. */
export interface Serving {
  readonly url: string;
  /** Its first token, made just now: nobody will see it again. Null where there were tokens. */
  readonly token: string | null;
}

/** The same for people. */
export function servingText({ url, token }: Serving): string {
  const address = new URL(url);
  const remote = `${address.protocol}//layer:${token ?? 'TOKEN'}@${address.host}/git/NAME.git`;
  return [
    `Layer serves at ${url}`,
    '',
    ...(token === null
      ? []
      : ["Your first token, an admin's. It is shown this once: log in with it.", '', `  ${token}`, '']),
    'In a git repository with a Layerfile (NAME is what it is to be called here):',
    '',
    `  git remote add layer ${remote}`,
    '  git push layer main',
    '',
  ]
    .map((line) => `${line}\n`)
    .join('');
}
