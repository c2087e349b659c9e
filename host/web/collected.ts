// What collected objects leave behind is given back by calls to an engine. In workerd a collection is told outside of any request, and
// whatever would begin something there is refused: a timer, a random number, a call of a storage.

const platform = globalThis as unknown as { FinalizationRegistry?: typeof FinalizationRegistry };

/** What is to be told with the next call. */
let due: (() => void)[] = [];

/** A `FinalizationRegistry` that tells of a collection at once, or with the next call where nothing can be begun at once. */
export class PatientRegistry<Held> {
	/** Absent where collections are not told: nothing is given back by itself there. */
	readonly #registry: FinalizationRegistry<Held> | undefined;

	constructor(tell: (held: Held) => void) {
		const Registry = platform.FinalizationRegistry;
		this.#registry =
			Registry &&
			new Registry((held) => {
				if (canBegin()) tell(held);
				else due.push(() => tell(held));
			});
	}

	register(target: object, held: Held, token?: object): void {
		this.#registry?.register(target, held as never, token);
	}

	unregister(token: object): void {
		this.#registry?.unregister(token);
	}
}

/** For whoever is called: tells what could not be told at once. */
export function tellCollected(): void {
	if (due.length === 0) return;
	const now = due;
	due = [];
	for (const tell of now) tell();
}

function canBegin(): boolean {
	try {
		clearTimeout(setTimeout(() => undefined, 0));
		return true;
	} catch {
		// Timers are refused outside of a request.
		return false;
	}
}
