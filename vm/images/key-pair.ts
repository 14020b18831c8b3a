/** An ed25519 key pair as OpenSSH writes them. */
export interface KeyPair {
  readonly private: string;
  readonly public: string;
}

/**
 * Makes a key pair for SSH. One in some 250 that ssh2 1.17 makes cannot be read, because its public half is a byte short
 * (31 instead of 32); so each is read before it is used.
 */
export async function generateKeyPair(): Promise<KeyPair> {
  const { utils } = (await import('ssh2')).default;
  for (;;) {
    const pair = utils.generateKeyPairSync('ed25519');
    const [own, shown] = [utils.parseKey(pair.private), utils.parseKey(pair.public)];
    if (own instanceof Error || shown instanceof Error) continue;
    if (own.getPublicSSH().equals(shown.getPublicSSH())) return { private: pair.private, public: pair.public };
  }
}
