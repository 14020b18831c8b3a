const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Whether `text` may name a repository: a folder's name that means nothing to git, a shell or a path. */
export function isRepositoryName(text: string): boolean {
  return NAME.test(text) && !text.includes('..') && !/\.(git|lock)$/.test(text);
}

/** For people. */
export const REPOSITORY_NAME_RULE =
  'a name has 1 to 64 of the characters a-z, 0-9, `.`, `_` and `-`, begins with a letter or digit, has no `..`, and does not end in `.git` or `.lock`';
