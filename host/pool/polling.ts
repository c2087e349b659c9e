/** Looks in one round, a turn of the event loop each: some tens of microseconds in all. */
const LOOKS_MAX = 40;
/** After vain rounds so many are left out at most before the next. */
const SKIPS_MAX = 64;

/**
 * Whether it pays to look for a completion again and again before the bell is waited for: to be woken by another thread takes longer
 * than most reads from the page cache. A round that finds nothing is followed by fewer of them, so that whoever waits for a
 * slow disk does not spend the processor on it.
 */
export class Polling {
	#looks = 0;
	#penalty = 0;
	#skips = 0;

	/** Begins a round; false when this one is left out. */
	begin(): boolean {
		if (this.#skips > 0) {
			this.#skips--;
			return false;
		}
		this.#looks = 0;
		return true;
	}

	/** After each look: whether there is another one in this round. */
	look(isReady: boolean): boolean {
		if (isReady) {
			this.#penalty = 0;
			return false;
		}
		if (++this.#looks < LOOKS_MAX) return true;
		this.#penalty = Math.min(SKIPS_MAX, this.#penalty * 2 + 1);
		this.#skips = this.#penalty;
		return false;
	}
}
