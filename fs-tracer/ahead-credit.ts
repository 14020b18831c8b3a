/** What a use earns; sending costs 1. So as long as half of what is sent is used, it goes on. */
const CREDIT_A_USE = 2;

/** Whether it pays to send one kind of thing ahead: earned by what was used of it. */
export class Credit {
  readonly #most: number;
  #left: number;

  constructor(first: number, most: number) {
    this.#left = first;
    this.#most = most;
  }

  get any(): boolean {
    return this.#left > 0;
  }

  spend(): void {
    this.#left--;
  }

  /** Something that was sent has been used. */
  earn(): void {
    this.#left = Math.min(Math.max(this.#left, 0) + CREDIT_A_USE, this.#most);
  }

  /** Something was asked for that would have been sent: there is at least so much from here on. */
  grant(least: number): void {
    this.#left = Math.max(this.#left, least);
  }
}
