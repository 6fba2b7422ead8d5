// Where in the video one is; told to whoever draws, without the page being rendered anew.

export type PlayheadListener = (timeS: number) => void;

export class Playhead {
  #timeS = 0;
  readonly #listeners = new Set<PlayheadListener>();

  get timeS(): number {
    return this.#timeS;
  }

  moveTo(timeS: number): void {
    if (timeS === this.#timeS) return;
    this.#timeS = timeS;
    for (const listener of this.#listeners) listener(timeS);
  }

  /** Listen, beginning with where it is now. */
  onMove(listener: PlayheadListener): () => void {
    this.#listeners.add(listener);
    listener(this.#timeS);
    return () => this.#listeners.delete(listener);
  }
}
