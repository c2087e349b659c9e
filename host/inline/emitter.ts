/** The part of Node's `EventEmitter` that the listeners of a pool use, for platforms that have none. */
export class Emitter<Events extends Record<string, unknown[]>> {
	readonly #listeners = new Map<keyof Events, Set<unknown>>();

	on<Event extends keyof Events>(event: Event, listener: (...input: Events[Event]) => void): this {
		const listeners = this.#listeners.get(event) ?? new Set<unknown>();
		this.#listeners.set(event, listeners.add(listener));
		return this;
	}

	off<Event extends keyof Events>(event: Event, listener: (...input: Events[Event]) => void): this {
		this.#listeners.get(event)?.delete(listener);
		return this;
	}

	once<Event extends keyof Events>(event: Event, listener: (...input: Events[Event]) => void): this {
		const first = (...input: Events[Event]): void => {
			this.off(event, first);
			listener(...input);
		};
		return this.on(event, first);
	}

	/** True when somebody heard it. */
	emit<Event extends keyof Events>(event: Event, ...input: Events[Event]): boolean {
		const listeners = [...(this.#listeners.get(event) ?? [])];
		for (const listener of listeners) (listener as (...input: Events[Event]) => void)(...input);
		return listeners.length > 0;
	}
}
